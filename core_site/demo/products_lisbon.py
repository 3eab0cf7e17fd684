"""What is sold in Lisbon: walks, boats, sights, classes, and two things without a seat."""

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
    UnitShape,
)

VAT_6 = ("VAT 6%", 600)
VAT_13 = ("VAT 13%", 1300)
VAT_23 = ("VAT 23%", 2300)

GUEST = UnitShape(code="adult", name="Guest", type="ADULT", ages=(16, 99))

LISBON = (
    ProductShape(
        code="alfama-walk",
        name="Alfama on foot: tiles, stairs and laundry lines",
        currencies=("EUR", "GBP"),
        tax=VAT_23,
        seasons={"summer": 1.15, "festive": 1.1},
        popularity=22,
        options=(
            OptionShape(
                name="Small group walk",
                units=(
                    ADULT.at(24),
                    SENIOR.at(20),
                    YOUTH.at(16),
                    CHILD.at(12),
                    INFANT.at(0),
                ),
                schedules=(
                    ScheduleShape(
                        times=("09:30", "14:00"), season="long days", capacity=14,
                        more={"duration_minutes": 150, "max_units": 10},
                    ),
                    ScheduleShape(
                        times=("10:00",), season="short days", capacity=14,
                        more={"duration_minutes": 150, "max_units": 10},
                    ),
                ),
                more={"required_contact_fields": ["firstName", "lastName"]},
            ),
            OptionShape(
                code="FADO",
                name="Evening walk with fado",
                units=(ADULT.at(46), SENIOR.at(42), YOUTH.at(30)),
                schedules=(
                    ScheduleShape(
                        times=("19:00",), weekdays="456", capacity=10,
                        more={"duration_minutes": 210, "booking_cutoff_minutes": 180},
                    ),
                ),
                more={
                    "cancellation_cutoff_amount": 48,
                    "required_contact_fields": ["firstName", "lastName", "phoneNumber"],
                },
            ),
        ),
        more={"delivery_methods": ["VOUCHER"], "reference": "LX-W01"},
    ),
    ProductShape(
        code="belem-by-bike",
        name="Belém by e-bike along the river",
        currencies=("EUR", "GBP"),
        tax=VAT_23,
        seasons={"summer": 1.2},
        popularity=12,
        options=(
            OptionShape(
                name="E-bike tour",
                units=(
                    ADULT.at(39),
                    SENIOR.at(39),
                    UnitShape(
                        code="youth", name="Youth (14 to 17)", type="YOUTH", ages=(14, 17),
                        euros=29, more={"accompanied_by": ["adult", "senior"], "max_quantity": 4},
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("09:00", "13:30", "17:30"), season="long days", capacity=12,
                        more={"duration_minutes": 180},
                    ),
                    ScheduleShape(
                        times=("10:30",), weekdays="2467", season="short days", capacity=12,
                        more={"duration_minutes": 180},
                    ),
                ),
                more={"max_units": 8, "required_contact_fields": ["firstName", "phoneNumber"]},
            ),
        ),
        more={"redemption_method": "MANIFEST", "reference": "LX-B01"},
    ),
    ProductShape(
        code="tejo-sunset-sail",
        name="Sunset sail on the Tejo",
        currencies=("EUR", "GBP", "JPY"),
        tax=VAT_6,
        seasons={"summer": 1.25, "festive": 1.3},
        list_price=1.1,
        popularity=20,
        options=(
            OptionShape(
                name="Shared sail with a glass of wine",
                units=(ADULT.at(45), SENIOR.at(45), YOUTH.at(35), CHILD.at(25)),
                schedules=(
                    ScheduleShape(
                        times=("17:00", "19:30"), season="long days", capacity=18,
                        more={"max_units": 12, "booking_cutoff_minutes": 90},
                    ),
                    ScheduleShape(
                        times=("15:30",), weekdays="4567", season="short days", capacity=18,
                        more={"max_units": 12, "booking_cutoff_minutes": 90},
                    ),
                ),
                more={"required_contact_fields": ["firstName", "lastName", "phoneNumber"]},
            ),
        ),
        more={"delivery_methods": ["VOUCHER", "TICKET"], "reference": "LX-S01"},
    ),
    ProductShape(
        code="private-yacht",
        name="Private yacht with skipper, up to eight guests",
        currencies=("EUR", "GBP"),
        tax=VAT_6,
        seasons={"summer": 1.3},
        popularity=5,
        options=(
            OptionShape(
                code="TWO_HOURS",
                name="Two hours around the bridge",
                euros=320,
                units=(
                    UnitShape(
                        code="boat", name="The whole boat", type="OTHER",
                        more={"pax_count": 8, "max_quantity": 1},
                    ),
                ),
                schedules=(
                    ScheduleShape(times=("10:00", "13:00", "16:00"), capacity=8),
                ),
                more={
                    "max_units": 1, "cancellation_cutoff_amount": 3,
                    "cancellation_cutoff_unit": "day",
                    "required_contact_fields": ["firstName", "lastName", "phoneNumber"],
                },
            ),
            OptionShape(
                code="HALF_DAY",
                name="Half a day to Cascais",
                euros=590,
                units=(
                    UnitShape(
                        code="boat", name="The whole boat", type="OTHER",
                        more={"pax_count": 8, "max_quantity": 1},
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("09:30", "14:30"), season="long days", capacity=8,
                        more={"duration_minutes": 240, "booking_cutoff_minutes": 1440},
                    ),
                    ScheduleShape(
                        times=("10:30",), weekdays="67", season="short days", capacity=8,
                        more={"duration_minutes": 240, "booking_cutoff_minutes": 1440},
                    ),
                ),
                more={
                    "max_units": 1, "cancellation_cutoff_amount": 7,
                    "cancellation_cutoff_unit": "day", "allows_late_cancellation": True,
                    "late_refund_percent": 30,
                    "required_contact_fields": ["firstName", "lastName", "phoneNumber"],
                },
            ),
        ),
        more={"pricing_per": "BOOKING", "redemption_method": "MANIFEST", "reference": "LX-Y01"},
    ),
    ProductShape(
        code="tile-museum-day",
        name="A day at the tile museum",
        currencies=("EUR", "GBP", "JPY"),
        tax=VAT_6,
        popularity=24,
        options=(
            OptionShape(
                name="Day ticket",
                units=(
                    ADULT.at(12), SENIOR.at(8), STUDENT.at(7), CHILD.at(5), INFANT.at(0),
                    FAMILY.at(29),
                ),
                schedules=(
                    ScheduleShape(
                        hours=(("10:00", "13:00"), ("14:00", "18:00")), weekdays="23456",
                        capacity=120, more={"booking_cutoff_minutes": 30},
                    ),
                    ScheduleShape(
                        hours=(("10:00", "19:00"),), weekdays="7",
                        capacity=160, more={"booking_cutoff_minutes": 30},
                    ),
                ),
            ),
            OptionShape(
                code="WITH_GUIDE",
                name="Day ticket with the afternoon tour",
                units=(ADULT.at(19), SENIOR.at(15), STUDENT.at(13), CHILD.at(9)),
                schedules=(
                    ScheduleShape(
                        hours=(("14:00", "18:00"),), weekdays="246", capacity=20,
                        more={"booking_cutoff_minutes": 120, "max_units": 8},
                    ),
                ),
                more={"required_contact_fields": ["lastName"]},
            ),
        ),
        more={
            "availability_type": "OPENING_HOURS",
            "delivery_methods": ["TICKET"],
            "delivery_formats": ["QRCODE", "CODE128"],
            "reference": "LX-M01",
        },
    ),
    ProductShape(
        code="tile-painting-class",
        name="Paint your own azulejo",
        currencies=("EUR", "GBP"),
        tax=VAT_23,
        popularity=8,
        options=(
            OptionShape(
                name="Two-hour class",
                units=(
                    ADULT.at(38),
                    SENIOR.at(34),
                    UnitShape(
                        code="child", name="Child (8 to 17)", type="CHILD", ages=(8, 17),
                        euros=26, more={"accompanied_by": ["adult", "senior"]},
                    ),
                ),
                schedules=(
                    ScheduleShape(times=("11:00", "15:00"), weekdays="23456", capacity=8),
                ),
                more={"max_units": 6, "required_contact_fields": ["firstName", "emailAddress"]},
            ),
        ),
        more={"reference": "LX-C01"},
    ),
    ProductShape(
        code="pastel-baking-class",
        name="Pastéis de nata: bake them, eat them",
        currencies=("EUR", "GBP", "JPY"),
        tax=VAT_13,
        seasons={"festive": 1.2},
        list_price=1.15,
        popularity=14,
        options=(
            OptionShape(
                name="Baking class",
                units=(ADULT.at(49), YOUTH.at(39), CHILD.at(29)),
                schedules=(
                    ScheduleShape(
                        times=("10:30", "16:30"), weekdays="123456", capacity=10,
                        more={"duration_minutes": 135, "booking_cutoff_minutes": 240},
                    ),
                ),
                more={
                    "allows_late_cancellation": True,
                    "late_refund_percent": 50,
                    "required_contact_fields": ["firstName", "lastName", "emailAddress"],
                },
            ),
        ),
        more={"delivery_methods": ["VOUCHER"], "reference": "LX-C02"},
    ),
    ProductShape(
        code="sintra-day-trip",
        name="Sintra and the Atlantic coast by minibus",
        currencies=("EUR", "GBP"),
        tax=VAT_6,
        seasons={"summer": 1.1},
        popularity=11,
        options=(
            OptionShape(
                name="Day trip with palace ticket",
                units=(ADULT.at(85), SENIOR.at(79), STUDENT.at(72), CHILD.at(49)),
                schedules=(
                    ScheduleShape(
                        times=("08:30",), weekdays="13567", capacity=16,
                        more={"duration_minutes": 540, "booking_cutoff_minutes": 960},
                    ),
                ),
                more={
                    "cancellation_cutoff_amount": 2,
                    "cancellation_cutoff_unit": "day",
                    "required_contact_fields": ["firstName", "lastName", "phoneNumber"],
                },
            ),
        ),
        more={
            "instant_confirmation": False,
            "delivery_methods": ["VOUCHER", "TICKET"],
            "reference": "LX-D01",
        },
    ),
    ProductShape(
        code="seven-hills-pass",
        name="Seven Hills Pass: museums, lifts and lookouts",
        currencies=("EUR", "GBP", "JPY"),
        tax=("", 0),
        popularity=12,
        options=tuple(
            OptionShape(
                code=code,
                name=name,
                units=(ADULT.at(adult), CHILD.at(child), FAMILY.at(family)),
                schedules=(
                    ScheduleShape(
                        hours=(("09:00", "20:00"),), capacity=None,
                        more={"booking_cutoff_minutes": 0},
                    ),
                ),
                more={"cancellation_cutoff_amount": 0},
            )
            for code, name, adult, child, family in (
                ("DAY", "One day", 29, 14, 75),
                ("THREE_DAYS", "Three days", 54, 26, 139),
            )
        ),
        more={
            "availability_required": False,
            "availability_type": "OPENING_HOURS",
            "allow_freesale": True,
            "delivery_methods": ["TICKET"],
            "delivery_formats": ["QRCODE", "AZTECCODE"],
            "reference": "LX-P01",
        },
    ),
    ProductShape(
        code="tram-28-audio-walk",
        name="Along tram 28: audio walk with map",
        currencies=("EUR", "GBP", "JPY"),
        tax=VAT_23,
        popularity=9,
        options=(
            OptionShape(
                name="Audio guide for a day",
                units=(GUEST.at(9), FAMILY.at(22)),
                schedules=(
                    ScheduleShape(
                        hours=(("08:00", "21:00"),), capacity=None,
                        more={"booking_cutoff_minutes": 0},
                    ),
                ),
                more={"cancellation_cutoff_amount": 1, "max_units": 20},
            ),
        ),
        more={
            "availability_type": "OPENING_HOURS",
            "delivery_methods": ["VOUCHER"],
            "reference": "LX-A01",
        },
    ),
)  # fmt: skip
