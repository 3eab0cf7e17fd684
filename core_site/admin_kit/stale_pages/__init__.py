"""Optimistic locking of admin pages: a page changed by others since it was opened is not saved.

    page opened ──▶ carries a version ──▶ sent ──▶ held against what is stored, under a lock
                                                    ├── the same: saved
                                                    ├── other: refused, told, sent again knowingly
                                                    └── none: 410, with what was typed

``saves`` is for the pages of rows, ``deletions`` for the question before a row is deleted,
``gone`` for the page of a row that was deleted meanwhile, ``dialogs`` for asking pages that begin
with stored values. ``versions`` is what a page showed, ``changes_meanwhile`` says what was changed
by whom, ``resubmission`` keeps what was typed.
"""
