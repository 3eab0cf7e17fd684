"""What staff may type into the pages that add a product, from the usual to the farthest allowed.

Nearly all of it is legal, so that rows come into being; what is not, the form refuses. Each
strategy makes the fields of one page as a browser sends them.
"""

from typing import Any

from hypothesis import strategies as st

#: Fields and values of one page.
Typed = dict[str, Any]

WEEKDAYS = [str(number) for number in range(1, 8)]

_references = st.sampled_from(["", "REF-1", "x" * 64])
_names = st.sampled_from(["River kayak", "Ą żółw – 亀", "<b>&amp;</b>", "x" * 200, "=1+1", " a "])
_seasons = st.sampled_from(
    [
        ("", ""), ("", ""), ("2026-01-01", ""), ("", "2199-12-31"), ("2000-01-01", "2199-12-31"),
        ("2199-12-31", "2199-12-31"), ("", "2000-01-01"),
    ]
)  # fmt: skip
_contacts = st.lists(
    st.sampled_from(["firstName", "lastName", "emailAddress", "country", "notes"]),
    unique=True,
    max_size=2,
)


def _number(*values: int, usual: int | str) -> st.SearchStrategy[str]:
    """Mostly the usual value, or one at or beside a limit."""
    return st.sampled_from([str(usual)] * 3 + [str(value) for value in values])


def _as_sent(fields: Typed) -> Typed:
    """Return the fields as a browser sends them: a box that is not ticked is not sent.

    Values that must fit one another are drawn together, under both names.
    """
    sent: Typed = {}
    for names, value in fields.items():
        together = zip(names.split(", "), value, strict=True) if ", " in names else [(names, value)]
        sent |= {name: typed for name, typed in together if typed is not False}
    return sent


products = st.fixed_dictionaries(
    {
        "internal_name": _names,
        "reference": _references,
        "is_active": st.just("on"),
        "locale": st.sampled_from(["en-GB", "pt", "zh-Hant-TW"]),
        "time_zone": st.sampled_from(
            ["Europe/Lisbon", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"]
        ),
        "availability_type": st.sampled_from(["START_TIME", "OPENING_HOURS"]),
        "availability_required": st.sampled_from(["on", False]),
        "instant_confirmation": st.sampled_from(["on", False]),
        "allow_freesale": st.sampled_from(["on", False]),
        "instant_delivery": st.sampled_from(["on", False]),
        "pricing_per": st.sampled_from(["UNIT", "UNIT", "BOOKING"]),
        "default_currency": st.sampled_from(["EUR", "EUR", "IDR", "JPY", "KWD"]),
        "available_currencies": st.just("EUR,IDR,JPY,KWD"),
        "tax_name": st.sampled_from(["VAT 6%", "x" * 64]),
        "tax_basis_points": st.sampled_from(["0", "6", "0.01", "100"]),
        "delivery_formats": st.just(["QRCODE"]),
        "delivery_methods": st.sampled_from([["VOUCHER"], ["TICKET"], ["VOUCHER", "TICKET"]]),
        "redemption_method": st.sampled_from(["DIGITAL", "PRINT", "MANIFEST"]),
    }
).map(_as_sent)

options = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["DEFAULT", "x" * 64]),
        "internal_name": _names,
        "reference": _references,
        "position": _number(1, 32_767, usual=0),
        "is_default": st.sampled_from(["on", False]),
        "min_units, max_units": st.sampled_from(
            [("1", ""), ("1", ""), ("1", "1"), ("2", "1000"), ("1000", "1000")]
        ),
        "cancellation_policy": st.sampled_from(["UNTIL_CUTOFF", "ALWAYS", "NEVER"]),
        "cancellation_cutoff_amount, cancellation_cutoff_unit": st.sampled_from(
            [("24", "hour"), ("0", "day"), ("366", "day"), ("8784", "hour"), ("527040", "minute")]
        ),
        "allows_late_cancellation": st.sampled_from(["on", False]),
        "late_refund_percent": _number(50, 100, usual=0),
        "required_contact_fields": _contacts,
    }
).map(_as_sent)

units = st.fixed_dictionaries(
    {
        "internal_name": _names,
        "reference": _references,
        "type": st.sampled_from(["ADULT", "CHILD", "FAMILY", "OTHER"]),
        "position": _number(32_767, usual=0),
        "min_age, max_age": st.sampled_from([("0", "99"), ("0", "0"), ("150", "150")]),
        "id_required": st.sampled_from(["on", False]),
        "min_quantity, max_quantity": st.sampled_from(
            [("", ""), ("", ""), ("0", "1"), ("1000", "1000"), ("2", "")]
        ),
        "pax_count": _number(4, 1_000, usual=1),
        "accompanied_by": st.sampled_from(["", "", "unit-0"]),
        "required_contact_fields": _contacts,
    }
).map(_as_sent)

prices = st.builds(
    lambda currency, amounts, season: {
        "currency": currency,
        "original_minor": amounts[0],
        "retail_minor": amounts[1],
        "season_start": season[0],
        "season_end": season[1],
    },
    st.sampled_from(["EUR", "EUR", "IDR", "JPY", "KWD"]),
    st.sampled_from(
        [
            ("45", "45"), ("60", "45.5"), ("4500", "0"), ("25000000", "25000000"),
            ("1000000000", "45"), ("1000000000", "1000000000"), ("45", "4500"),
        ]
    ),
    _seasons,
)  # fmt: skip

schedules = st.fixed_dictionaries(
    {
        "is_active": st.sampled_from(["on", "on", False]),
        "weekdays": st.sampled_from([WEEKDAYS, WEEKDAYS, ["7"], ["1", "1"]]),
        "start_times": st.sampled_from(["09:30", "00:00, 02:30, 23:59", "09:30,09:30"]),
        "opening_hours": st.sampled_from(
            ["10:00-18:00", "00:00-12:00, 12:00-24:00", "22:00-02:00"]
        ),
        "duration_minutes": _number(1, 1_440, 527_040, usual=120),
        "season_start, season_end": _seasons,
        "capacity": _number(0, 1, 10_000_000, usual=20),
        "max_units": _number(1, 1_000, usual=""),
        "booking_cutoff_minutes": _number(0, 1_440, 527_040, usual=60),
    }
).map(_as_sent)

commissions = st.sampled_from(["20", "0", "100", "12.5"])

#: What no form takes and no constraint refuses: a hand on the database, or an earlier release.
by_hand = st.sampled_from(
    [
        "catalog_product SET locale = ''",
        "catalog_product SET locale = 'English (UK)'",
        "catalog_product SET time_zone = 'Nowhere/City'",
        "catalog_product SET time_zone = 'localtime'",
        "catalog_product SET internal_name = ''",
        "catalog_product SET default_currency = 'XXX', available_currencies = '{XXX}'",
        "catalog_product SET available_currencies = '{EUR,EUR,CLF}'",
        "catalog_option SET code = 'a/b c'",
        "catalog_option SET min_units = 1000, max_units = 1000",
        "catalog_option SET cancellation_policy = 'NEVER', cancellation_cutoff_amount = 0",
        "catalog_unit SET max_quantity = 0",
        "catalog_unit SET min_quantity = 1000, max_quantity = 1000",
        "catalog_unit SET accompanied_by = '{unknown}'",
        "catalog_unit SET accompanied_by = '{unit-0,unit-0}'",
        "catalog_price SET currency = 'XXX'",
        "catalog_price SET original_minor = 1000000000000, retail_minor = 1000000000000",
        "catalog_price SET season_start = NULL, season_end = '2000-01-01'",
        "catalog_schedule SET max_units = 0",
        "catalog_schedule SET start_times = '{}', opening_hours = '[]'",
        "catalog_schedule SET weekdays = '{3,3,3}'",
        "catalog_schedule SET start_times = '{09:30,09:30,09:30:30}'",
        "catalog_schedule SET opening_hours = '{\"from\": 1}'",
        'catalog_schedule SET opening_hours = \'[{"from": "x", "to": "y"}]\'',
        "catalog_schedule SET season_start = '2199-12-31'",
        "catalog_supplier SET website = 'javascript:alert(1)', telephone = 'by pigeon'",
        "partners_partner SET email = '', name = ''",
    ]
)
