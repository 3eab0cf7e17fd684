"""In a write, what each side makes anew pairs up; whatever does not pair up is a difference."""

from uuid import UUID, uuid4

import pytest

from shared_domain.parity.outcomes import Effect, Outcome
from shared_domain.parity.rules import Match
from tests.parity.sides import answered, in_reads, in_writes, inserted, ruled, updated


def reserved(
    uuid: object,
    number: int,
    *,
    second: float = 1.25,
    product: str = "11111111-1111-4111-8111-111111111111",
    guests: int = 2,
) -> Outcome:
    """What a reservation leads to, on either side: an answer, a booking, its items, an event."""
    moment = f"2026-05-01T10:00:{second:09.6f}Z"
    items = [str(UUID(int=UUID(str(uuid)).int + n + 1)) for n in range(guests)]
    return answered(
        {
            "id": str(uuid),
            "number": 5,
            "productId": product,
            "createdAt": moment,
            "unitItems": [{"uuid": item, "bookingId": number} for item in items],
            "links": {
                "self": f"https://api.example/bookings/{uuid}",
                "items": f"/b/{number}/items",
            },
        },
        ("location", f"/bookings/{uuid}?of={number}"),
        status=201,
        effects=(
            inserted(
                "bookings_booking",
                id=number,
                uuid=str(uuid),
                partner_id=3,
                product_id=product,
                created_at=moment.replace("Z", "+00:00"),
            ),
            *(
                inserted("bookings_unititem", id=number * 10 + n, booking_id=number, uuid=item)
                for n, item in enumerate(items)
            ),
            inserted("events_event", id=number + 500, booking_uuid=str(uuid), type="made"),
        ),
    )


DJANGO = reserved("aaaaaaaa-0000-4000-8000-000000000000", 41)
EDGES_ID = "bbbbbbbb-0000-4000-8000-000000000000"


def test_new_ids_and_moments_pair_up_everywhere() -> None:
    assert in_writes(DJANGO, reserved(EDGES_ID, 40, second=1.0)) == []
    assert in_writes(DJANGO, reserved(uuid4(), 52, second=59.5)) == []


def test_numbers_of_two_tables_may_be_each_others() -> None:
    ours = answered({}, effects=(inserted("a_user", id=41), inserted("an_order", id=40)))
    theirs = answered({}, effects=(inserted("a_user", id=40), inserted("an_order", id=41)))

    assert in_writes(ours, theirs) == []


def test_a_read_has_no_aliases() -> None:
    assert in_reads({"id": str(uuid4())}, {"id": str(uuid4())}) == [("/id", "value")]
    assert in_reads({"id": 1}, {"id": 2}) == [("/id", "value")]


def test_one_id_where_django_has_two() -> None:
    def made(*ids: str) -> Outcome:
        rows = tuple(inserted("an_item", id=number) for number in ids)
        return answered({"items": [{"id": number} for number in ids]}, effects=rows)

    ours, others = [str(uuid4()), str(uuid4())], [str(uuid4()), str(uuid4())]
    theirs = made(*others)
    repeated = Outcome(answered({"items": [{"id": others[0]}] * 2}).response, theirs.effects)

    assert in_writes(made(*ours), theirs) == []
    assert in_writes(made(*ours), repeated) == [("/items/1/id", "value")]


def test_one_id_where_django_has_two_when_no_rows_were_recorded() -> None:
    ours = answered([{"id": str(uuid4())}, {"id": str(uuid4())}, {"id": 5}, {"id": 6}])
    repeated = str(uuid4())
    theirs = answered([{"id": repeated}, {"id": repeated}, {"id": 7}, {"id": 7}])

    assert in_writes(ours, theirs) == [("/1/id", "value"), ("/3/id", "value")]


def test_an_existing_row_instead_of_another() -> None:
    other_product = reserved(EDGES_ID, 40, product="22222222-2222-4222-8222-222222222222")

    assert in_writes(DJANGO, other_product) == [
        ("/productId", "value"),
        ("rows:bookings_booking/0/product_id", "value"),
    ]


def test_another_partner() -> None:
    ours = answered({}, effects=(inserted("a_booking", id=1, partner_id=3),))
    theirs = answered({}, effects=(inserted("a_booking", id=2, partner_id=4),))

    assert in_writes(ours, theirs) == [("rows:a_booking/0/partner_id", "value")]


def test_another_row_is_updated() -> None:
    for one, other in ((7, 8), (str(uuid4()), str(uuid4()))):
        ours = answered({}, effects=(updated("a_user", id=one, age=3),))
        theirs = answered({}, effects=(updated("a_user", id=other, age=3),))

        assert in_writes(ours, theirs) == [("rows:a_user/0/id", "value")]


def test_two_existing_ids_swapped() -> None:
    one, other = str(uuid4()), str(uuid4())

    found = in_writes(answered({"a": one, "b": other}), answered({"a": other, "b": one}))

    assert found == [("/a", "value"), ("/b", "value")]


def test_a_row_that_points_at_an_old_row_instead_of_the_new_one() -> None:
    ours = answered({}, effects=(inserted("a_user", id=41), inserted("a_note", id=1, user_id=41)))
    theirs = answered({}, effects=(inserted("a_user", id=40), inserted("a_note", id=1, user_id=41)))

    assert in_writes(ours, theirs) == [("rows:a_note/0/user_id", "value")]


def test_an_answer_that_names_none_of_the_new_rows() -> None:
    theirs = reserved(EDGES_ID, 40)
    wrong = answered(
        {}, ("location", "/bookings/cccccccc-0000-4000-8000-000000000000?of=40"), status=201
    )

    found = in_writes(DJANGO, Outcome(wrong.response, theirs.effects))

    assert ("header:location", "header") in found


def test_another_page_in_a_link_is_no_alias() -> None:
    ours, theirs = (answered({}, ("link", f'</a?page={page}>; rel="next"')) for page in (2, 3))
    with_rows = [
        Outcome(side.response, (inserted("a_user", id=number),))
        for side, number in ((ours, 41), (theirs, 40))
    ]

    assert in_writes(*with_rows) == [("header:link", "header")]
    assert in_writes(ours, theirs) == [("header:link", "header")]


def test_a_number_that_names_the_new_thing_when_no_rows_were_recorded() -> None:
    ours, theirs = (
        answered({"id": number}, ("location", f"/users/{number}"), status=201)
        for number in (41, 40)
    )
    wrong = answered({"id": 40}, ("location", "/users/39?of=1"), status=201)

    assert in_writes(ours, theirs) == []
    assert in_writes(ours, wrong) == [("header:location", "header")]


def test_a_cursor_that_holds_an_id() -> None:
    rows = [(inserted("a_user", id=number),) for number in (41, 40)]
    ours = answered({"nextCursor": "cD00MQ=="}, effects=rows[0])  # p=41
    theirs = answered({"nextCursor": "cD00MA=="}, effects=rows[1])  # p=40
    wrong = answered({"nextCursor": "cD0zOQ=="}, effects=rows[1])  # p=39

    assert in_writes(ours, theirs) == []
    assert in_writes(ours, wrong) == [("/nextCursor", "value")]


@pytest.mark.parametrize(
    ("edge", "is_same"),
    [
        ("2026-05-01T10:00:59.900000Z", True),
        ("2026-05-01T10:01:01.000000Z", False),
        ("2026-05-01T10:00:01.250000+00:00", False),
        ("2026-05-01T10:00:01Z", False),
        ("2026-05-01 10:00:01.250000Z", False),
        ("2026-05-01", False),
        (None, False),
    ],
)
def test_moments_of_one_call_are_spelled_alike(edge: object, is_same: bool) -> None:
    ours = answered({"createdAt": "2026-05-01T10:00:00.123456Z"})

    assert (in_writes(ours, answered({"createdAt": edge})) == []) is is_same


def test_dates_without_a_time_are_no_moments() -> None:
    assert in_writes(answered({"day": "2026-05-01"}), answered({"day": "2026-05-02"})) == [
        ("/day", "value")
    ]


def test_an_id_in_another_spelling() -> None:
    ours, theirs = answered({"id": str(uuid4())}), answered({"id": uuid4().hex})

    assert in_writes(ours, theirs) == [("/id", "value")]


def test_a_code_made_anew_is_declared() -> None:
    rules = ruled(("/code", Match.GENERATED), ("rows:a_ticket/*/code", Match.GENERATED))
    ours, theirs, wrong = (
        answered({"code": shown}, effects=(inserted("a_ticket", id=1, code=stored),))
        for shown, stored in (("A7", "A7"), ("K2", "K2"), ("K2", "K3"))
    )

    assert in_writes(ours, theirs, rules) == []
    assert in_writes(ours, theirs) != []
    assert in_writes(ours, wrong, rules) == [("rows:a_ticket/0/code", "value")]


def test_a_deleted_row_without_content_leaves_the_others_known() -> None:
    ours, theirs = (
        answered(
            {"productId": str(uuid4())},
            effects=(Effect("a_hold", "delete", None), inserted("a_user", id=number)),
        )
        for number in (41, 40)
    )

    assert in_writes(ours, theirs) == [("/productId", "value")]


def test_a_missing_row_does_not_untie_the_others() -> None:
    def wrote(first: int, guests: tuple[int, ...]) -> Outcome:
        rows = (
            inserted("an_item", id=first + place, place=place, uuid=str(uuid4()))
            for place in guests
        )
        return answered({}, effects=tuple(rows))

    found = in_writes(wrote(100, (0, 1, 2, 3)), wrote(200, (0, 1, 3)))

    assert found == [("rows:an_item/2", "missing")]
