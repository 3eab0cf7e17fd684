from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.dataclasses import UnfoldAction

class ModelAdmin(admin.ModelAdmin[Any]):
    actions_list: Sequence[str | dict[str, Any]]
    actions_row: Sequence[str]
    actions_detail: Sequence[str | dict[str, Any]]
    actions_submit_line: Sequence[str]
    list_before_template: str | None
    list_after_template: str | None
    change_form_before_template: str | None
    change_form_after_template: str | None
    change_form_outer_before_template: str | None
    change_form_outer_after_template: str | None
    compressed_fields: bool
    list_disable_select_all: bool
    list_filter_sheet: bool
    list_filter_submit: bool
    list_fullwidth: bool
    list_horizontal_scrollbar_top: bool
    warn_unsaved_form: bool
    def get_actions_list(self, request: HttpRequest) -> list[UnfoldAction]: ...
    def get_actions_row(self, request: HttpRequest) -> list[UnfoldAction]: ...
    # Django calls it with the text in the address, whatever unfold's own annotation says.
    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]: ...

class _Inline:
    per_page: int | None
    collapsible: bool
    hide_title: bool
    tab: bool
    show_count: bool

class StackedInline(_Inline, admin.StackedInline[Any, Any]): ...
class TabularInline(_Inline, admin.TabularInline[Any, Any]): ...
