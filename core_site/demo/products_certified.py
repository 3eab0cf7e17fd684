"""Two sights with a market's stock, which certification runs book.

OCTO's public validator takes the first product of either kind, by code: it books about fifty places
of one slot of the first with start times, some of the next and of the first with opening hours, and
cancels them. Their codes come first, and there is enough for many runs in a row.
"""

from core_site.demo.shapes import (
    ADULT,
    CHILD,
    FAMILY,
    INFANT,
    SENIOR,
    STUDENT,
    YOUTH,
    OptionShape,
    ProductShape,
    ScheduleShape,
)

VAT_6 = ("VAT 6%", 600)

CERTIFIED = (
    ProductShape(
        code="ajuda-palace",
        name="Ajuda palace: timed entry to the royal rooms",
        currencies=("EUR", "GBP"),
        tax=VAT_6,
        popularity=14,
        options=(
            OptionShape(
                name="Entry at a fixed time",
                units=(
                    ADULT.at(14),
                    SENIOR.at(10),
                    YOUTH.at(9),
                    CHILD.at(6),
                    INFANT.at(0),
                    FAMILY.at(34),
                ),
                schedules=(
                    ScheduleShape(
                        times=("10:00", "12:00", "14:00", "16:00"),
                        capacity=400,
                        more={"booking_cutoff_minutes": 30, "max_units": 40},
                    ),
                ),
                more={"cancellation_cutoff_amount": 30, "cancellation_cutoff_unit": "minute"},
            ),
        ),
        more={"delivery_methods": ["TICKET"], "reference": "LX-A02"},
    ),
    ProductShape(
        code="botanical-garden",
        name="Botanical garden: day ticket",
        currencies=("EUR", "GBP", "JPY"),
        tax=VAT_6,
        popularity=14,
        options=(
            OptionShape(
                name="Day ticket",
                units=(ADULT.at(6), SENIOR.at(4), STUDENT.at(4), CHILD.at(3), FAMILY.at(15)),
                schedules=(
                    ScheduleShape(
                        hours=(("09:00", "19:00"),),
                        capacity=1500,
                        more={"booking_cutoff_minutes": 30},
                    ),
                ),
                more={"cancellation_cutoff_amount": 30, "cancellation_cutoff_unit": "minute"},
            ),
        ),
        more={
            "availability_type": "OPENING_HOURS",
            "delivery_methods": ["VOUCHER", "TICKET"],
            "delivery_formats": ["QRCODE", "CODE128"],
            "reference": "LX-G01",
        },
    ),
)
