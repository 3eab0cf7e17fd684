"""The sidebar of the admin: groups of pages, filtered by the staff user's permissions."""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

#: Title, icon, name of the page (with a query for a filtered list), permission that opens it (None:
#: every staff user's).
_MENU: dict[str, list[tuple[str, str, str, str | None]]] = {
    "": [("Today", "today", "index", None)],
    "Sales": [
        ("Booking desk", "point_of_sale", "booking_desk:desk", "bookings.sell_booking"),
        (
            "Bookings",
            "confirmation_number",
            "bookings_booking_changelist",
            "bookings.view_booking",
        ),
        ("Scan", "qr_code_scanner", "scan:page", "bookings.change_booking"),
        ("Calendar", "calendar_view_week", "departure_calendar:page", "catalog.view_departure"),
        ("Departures", "schedule", "catalog_departure_changelist", "catalog.view_departure"),
        ("Cancel or move a day", "thunderstorm", "disruptions_disruption_changelist",
         "disruptions.view_disruption"),
        ("My week", "date_range", "resources_resource_my_week", "resources.see_own_week"),
        ("Guides and boats", "sailing", "resources_resource_changelist",
         "resources.view_resource"),
        ("Messages", "mail", "guest_messages_message_changelist",
         "guest_messages.view_message"),
        ("Notes in messages", "edit_note", "guest_messages_housenote_changelist",
         "guest_messages.view_housenote"),
    ],
    "Money": [
        ("Refunds due", "currency_exchange", "payments_account_changelist?state=refund",
         "payments.view_account"),
        ("Payments", "payments", "payments_entry_changelist", "payments.view_entry"),
        ("Statements", "receipt_long", "statements_this_month",
         "statements.view_partnerpayment"),
        ("What is open", "pending_actions", "statements_open", "statements.view_partnerpayment"),
        ("Revenue", "bar_chart", "statements_revenue", "statements.view_revenue"),
    ],
    "Catalogue": [
        ("Products", "kayaking", "catalog_product_changelist", "catalog.view_product"),
        ("Options", "alt_route", "catalog_option_changelist", "catalog.view_option"),
        ("Units", "group", "catalog_unit_changelist", "catalog.view_unit"),
        ("Prices", "payments", "catalog_price_changelist", "catalog.view_price"),
        ("Schedules", "calendar_month", "catalog_schedule_changelist", "catalog.view_schedule"),
        ("Meeting points", "location_on", "guest_messages_arrivalinfo_changelist",
         "guest_messages.view_arrivalinfo"),
        ("Blackout periods", "event_busy", "blackouts_blackout_changelist",
         "blackouts.view_blackout"),
        ("Supplier", "storefront", "catalog_supplier_changelist", "catalog.view_supplier"),
    ],
    "Partners": [
        ("Partners", "handshake", "partners_partner_changelist", "partners.view_partner"),
        ("Terms", "percent", "catalog_partnerterms_changelist", "catalog.view_partnerterms"),
        ("API keys", "key", "partners_apikey_changelist", "partners.view_apikey"),
        (
            *("Webhooks", "webhook"),
            *("webhooks_webhookendpoint_changelist", "webhooks.view_webhookendpoint"),
        ),
        ("Deliveries", "outbound", "webhooks_delivery_changelist", "webhooks.view_delivery"),
        ("Subscriptions", "notifications", "notifications_subscription_changelist",
         "notifications.view_subscription"),
        ("Notifications", "campaign", "notifications_notification_changelist",
         "notifications.view_notification"),
        ("Users", "person", "users_user_changelist", "users.view_user"),
    ],
    "Under the hood": [
        ("Endpoints", "swap_horiz", "endpoints_endpoint_changelist", "endpoints.view_endpoint"),
        ("Events", "stream", "events_event_changelist", "events.view_event"),
        ("History removals", "delete_history", "history_removal_changelist",
         "history.view_removal"),
        ("Exports", "download", "exports_export_changelist", "exports.view_export"),
        ("Desk exemptions", "rule", "booking_desk_exemption_changelist",
         "booking_desk.view_exemption"),
        ("Personal data", "person_off", "persons_personrequest_changelist",
         "persons.view_personrequest"),
        ("Jobs", "engineering", "procrastinate_procrastinatejob_changelist",
         "procrastinate.view_procrastinatejob"),
        ("Staff", "badge", "auth_user_changelist", "auth.view_user"),
        ("Groups", "groups", "auth_group_changelist", "auth.view_group"),
    ],
}  # fmt: skip

#: Pages whose link stands for all that is below another page: the statement of one partner, say.
_SECTIONS = {"statements_this_month": "statements_partnerpayment_changelist"}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar, with the pages that the staff user may open.

    A group without such a page is left out. The link to the open page, or to the list that it
    belongs to, is marked as active.
    """
    prefix = get_script_prefix()
    groups: list[dict[str, Any]] = [
        {
            "title": title,
            "separator": bool(title),
            "items": [
                {
                    "title": name,
                    "icon": icon,
                    "link": _address(page, prefix),
                    "section": _address(_SECTIONS.get(page, page), prefix),
                }
                for name, icon, page, permission in items
                if permission is None or request.user.has_perm(permission)
            ],
        }
        for title, items in _MENU.items()
    ]
    _mark_active(request, [item for group in groups for item in group["items"]])
    return [group for group in groups if group["items"]]


def _mark_active(request: HttpRequest, items: list[dict[str, Any]]) -> None:
    """Mark the link whose section has the longest address of those that hold the open page."""
    opened = [item["section"] for item in items if _holds(request, item["section"])]
    longest = max(opened, key=len, default=None)
    for item in items:
        item["active"] = item["section"] == longest


def _holds(request: HttpRequest, section: str) -> bool:
    """Return whether the open page is the section's or below it; a query has to be the same."""
    path, _, query = section.partition("?")
    if path == _address("index", get_script_prefix()):
        return request.path == path
    has_query = all(request.GET.get(name) == value for name, value in parse_qsl(query))
    return request.path.startswith(path) and has_query


# Resolving the addresses of all 45 pages anew took a tenth of the time of a page.
@lru_cache(maxsize=256)
def _address(page: str, script_prefix: str) -> str:
    """Return the address of a page, by its name in the admin or by ``app:name`` elsewhere.

    ``script_prefix`` is what ``reverse`` puts before it: that of the request.
    """
    name, mark, query = page.partition("?")
    view = name if ":" in name else f"admin:{name}"
    return f"{reverse(view)}{mark}{query}"
