"""What the API documentation's examples name: so that they can be tried on a fresh demo.

A booking that is to be held must be free, and one that is to be read, changed or cancelled must
be there; the same for users. All of it belongs to the partner whose key ``deploy/up`` prints.
"""

from uuid import UUID

from core_site.demo.shapes import OptionShape, ProductShape, ScheduleShape, UnitShape

#: Its id in every example of ``/docs`` and ``/openapi.json``.
DOCUMENTED_CODE = "river-kayak"

#: The booking that the examples read, change and cancel.
DOCUMENTED_BOOKING = UUID("0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18")

#: In how many days it travels, as in the examples.
DOCUMENTED_DAYS_AHEAD = 13

#: The user that the examples read and change.
DOCUMENTED_USER = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")

DOCUMENTED = (
    ProductShape(
        code=DOCUMENTED_CODE,
        name="River kayak",
        currencies=("EUR", "GBP"),
        tax=("VAT 6%", 600),
        list_price=50 / 45,
        popularity=4,
        options=(
            OptionShape(
                name="Morning paddle",
                units=(
                    UnitShape(
                        code="adult", name="Adult", type="ADULT", ages=(15, 99), euros=45,
                        more={"reference": "AD", "max_quantity": 6},
                    ),
                ),
                schedules=(
                    ScheduleShape(
                        times=("09:30", "14:00"), capacity=60,
                        more={"duration_minutes": 120},
                    ),
                ),
                more={"max_units": 8, "required_contact_fields": ["firstName", "lastName"]},
            ),
        ),
        more={"delivery_methods": ["TICKET"], "reference": "KAY"},
    ),
)  # fmt: skip
