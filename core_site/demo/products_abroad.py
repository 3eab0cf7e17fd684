"""What is sold outside Lisbon: the Douro, the Azores, London and Tokyo, each on its own clock."""

from core_site.demo.shapes import (
    ADULT,
    CHILD,
    FAMILY,
    SENIOR,
    STUDENT,
    YOUTH,
    OptionShape,
    ProductShape,
    ScheduleShape,
    UnitShape,
)

CONSUMPTION_TAX = ("Consumption tax 10%", 1000)
UK_VAT = ("VAT 20%", 2000)

ABROAD = (
    ProductShape(
        code="douro-wine-day",
        name="Douro valley: two estates and a river cruise",
        currencies=("EUR", "GBP"),
        tax=("VAT 13%", 1300),
        seasons={"summer": 1.1},
        popularity=8,
        options=(
            OptionShape(
                name="Day trip from Porto",
                units=(
                    UnitShape(
                        code="adult", name="Adult with tasting", type="ADULT", ages=(18, 99),
                        euros=119, more={"id_required": True},
                    ),
                    UnitShape(
                        code="driver", name="Adult without tasting", type="OTHER", ages=(18, 99),
                        euros=89,
                    ),
                    UnitShape(
                        code="youth", name="Youth (12 to 17)", type="YOUTH", ages=(12, 17),
                        euros=69, more={"accompanied_by": ["adult", "driver"]},
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("08:00",), weekdays="2456", capacity=20,
                        more={"duration_minutes": 600, "booking_cutoff_minutes": 1440},
                    ),
                ),
                more={
                    "cancellation_cutoff_amount": 72,
                    "min_units": 2,
                    "required_contact_fields": ["firstName", "lastName", "phoneNumber", "country"],
                },
            ),
        ),
        # Estates change until the evening before, so tickets are sent by hand.
        more={"instant_delivery": False, "reference": "OP-D01"},
    ),
    ProductShape(
        code="azores-whale-watching",
        name="Whales and dolphins off São Miguel",
        currencies=("EUR", "GBP"),
        tax=("VAT 16%", 1600),
        time_zone="Atlantic/Azores",
        seasons={"summer": 1.2},
        list_price=1.08,
        popularity=10,
        options=(
            OptionShape(
                code="CATAMARAN",
                name="Catamaran, three hours",
                units=(
                    ADULT.at(65),
                    SENIOR.at(60),
                    UnitShape(
                        code="child", name="Child (6 to 12)", type="CHILD", ages=(6, 12),
                        euros=40, more={"accompanied_by": ["adult", "senior"]},
                    ),
                    FAMILY.at(189),
                ),
                schedules=(
                    ScheduleShape(
                        times=("08:30", "13:00"), season="long days", capacity=24,
                        more={"duration_minutes": 180},
                    ),
                ),
                more={"required_contact_fields": ["firstName", "lastName", "phoneNumber"]},
            ),
            OptionShape(
                code="ZODIAC",
                name="Zodiac, two and a half hours",
                units=(ADULT.at(59), YOUTH.at(49)),
                schedules=(
                    ScheduleShape(
                        times=("09:00", "13:30"), season="long days", capacity=12,
                        more={"duration_minutes": 150},
                    ),
                    ScheduleShape(
                        times=("10:00",), weekdays="67", season="short days", capacity=12,
                        more={"duration_minutes": 150},
                    ),
                ),
                more={"required_contact_fields": ["firstName", "lastName", "phoneNumber"]},
            ),
        ),
        more={"delivery_methods": ["VOUCHER", "TICKET"], "reference": "PDL-B01"},
    ),
    ProductShape(
        code="thames-kayak",
        name="Kayak under London's bridges",
        currencies=("GBP", "EUR"),
        tax=UK_VAT,
        time_zone="Europe/London",
        popularity=8,
        options=(
            OptionShape(
                name="Guided paddle",
                units=(
                    UnitShape(
                        code="adult", name="Adult", type="ADULT", ages=(18, 99), euros=49
                    ),
                    STUDENT.at(42),
                    UnitShape(
                        code="youth", name="Youth (12 to 17)", type="YOUTH", ages=(12, 17),
                        euros=36, more={"accompanied_by": ["adult"]},
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("09:30", "12:30", "18:00"), season="long days", capacity=10,
                    ),
                    ScheduleShape(
                        times=("11:00",), weekdays="67", season="short days", capacity=10
                    ),
                ),
                more={"max_units": 8, "required_contact_fields": ["firstName", "phoneNumber"]},
            ),
        ),
        more={"redemption_method": "MANIFEST", "reference": "LON-K01"},
    ),
    ProductShape(
        code="yanaka-walk",
        name="Yanaka: old Tokyo at walking pace",
        currencies=("JPY", "EUR", "GBP"),
        tax=CONSUMPTION_TAX,
        time_zone="Asia/Tokyo",
        seasons={"blossom": 1.25},
        popularity=10,
        options=(
            OptionShape(
                name="Walk with tea",
                units=(ADULT.at(35), SENIOR.at(30), CHILD.at(18)),
                schedules=(
                    ScheduleShape(
                        times=("09:00", "13:00"), weekdays="123456", capacity=9,
                        more={"duration_minutes": 165, "max_units": 6},
                    ),
                ),
                more={"required_contact_fields": ["lastName"]},
            ),
        ),
        more={"locale": "en-US", "reference": "TYO-W01"},
    ),
    ProductShape(
        code="wagashi-class",
        name="Wagashi: sweets for the tea room",
        currencies=("JPY", "EUR"),
        tax=CONSUMPTION_TAX,
        time_zone="Asia/Tokyo",
        seasons={"blossom": 1.15},
        popularity=6,
        options=(
            OptionShape(
                name="Class in English",
                units=(
                    UnitShape(
                        code="adult", name="Participant", type="ADULT", ages=(10, 99), euros=55
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("11:00",), weekdays="2467", capacity=6,
                        more={"duration_minutes": 90, "booking_cutoff_minutes": 2880},
                    ),
                ),
                more={
                    "cancellation_cutoff_amount": 3,
                    "cancellation_cutoff_unit": "day",
                    "required_contact_fields": ["firstName", "lastName", "emailAddress"],
                },
            ),
            OptionShape(
                code="IN_JAPANESE",
                name="Class in Japanese",
                units=(
                    UnitShape(
                        code="adult", name="Participant", type="ADULT", ages=(10, 99), euros=48
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("14:30",), weekdays="2467", capacity=6,
                        more={"duration_minutes": 90, "booking_cutoff_minutes": 2880},
                    ),
                ),
                more={"required_contact_fields": ["firstName", "lastName", "emailAddress"]},
            ),
        ),
        more={"locale": "en-US", "reference": "TYO-C01"},
    ),
)  # fmt: skip
