"""Every letter exists in English, German and Portuguese, whole, as that language writes it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from core_site.catalog.models import Supplier
from core_site.messages.letters.email import write_email
from core_site.messages.letters.letter import Additions, Letter, build_letter
from core_site.messages.letters.surroundings import Surroundings
from core_site.messages.letters.translations import WORDING, WordingMismatch, check_same
from shared_domain import messages
from shared_domain.availability import to_departure_times
from shared_domain.bookings import Booking, Contact, Initiator, RefundChoice
from shared_domain.messages import LANGUAGES, LanguageChoice, MessageKind
from tests.domain.samples import NOW, make_booking, make_departure

SURROUNDINGS = Surroundings(
    supplier=Supplier(name="Rio Tours", telephone="+351 210 000 000", email="hello@rio.example"),
    meeting_point="Doca 3",
    what_to_bring="Toalha",
    above=("<b>ABOVE</b>",),
    below=("BELOW",),
)


def sample(kind: MessageKind) -> Booking:
    booking = make_booking(
        contact=Contact(full_name="Clara Duarte", email_address="c@example.com"),
        pickup_hotel="Hotel Rio",
        pickup_time="10:05",
    )
    if kind is MessageKind.CANCELLATION:
        return booking.as_confirmed(NOW).cancel(
            reason=None, force=True, by_staff=True, now=NOW,
            refund=RefundChoice.FULL, initiator=Initiator.SUPPLIER,
        )  # fmt: skip
    return booking.as_confirmed(NOW)


def write(kind: MessageKind, choice: LanguageChoice, **changes: object) -> Letter:
    earlier = make_departure(starts_at=make_departure().starts_at - timedelta(hours=1))
    additions = Additions(before=to_departure_times(earlier), words="Wind", subject="Wind")
    surroundings = replace(SURROUNDINGS, **changes)
    return build_letter(kind, sample(kind), surroundings, choice, additions)


def text(letter: Letter, kind: MessageKind) -> str:
    mail = write_email(letter, sample(kind), recipient="c@example.com", supplier=None, cause="test")
    ((html, _),) = mail.alternatives
    assert "&lt;b&gt;ABOVE&lt;/b&gt;" in html
    assert "http" not in html
    return f"{mail.subject}\n{mail.body}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MessageKind)
def test_each_kind_is_whole(kind: MessageKind, language: str) -> None:
    written = text(write(kind, LanguageChoice.with_default_locale(language)), kind)

    booking = sample(kind)
    for part in ("Clara Duarte", booking.supplier_reference, "River kayak", "Rio Tours", "BELOW"):
        assert part in written, part
    assert "{" not in written
    for place in ("Doca 3", "10:05, Hotel Rio"):
        assert (place in written) == (kind is not MessageKind.CANCELLATION)
    english = {value for texts in WORDING["en"].values() for value in texts.values()}
    if language != "en":
        lines = {line for line in written.splitlines() if line}
        labels = {f"{value}:" for value in WORDING["en"]["facts"].values()}
        assert not lines & english
        assert not [line for line in lines if line.startswith(tuple(labels))]


@pytest.mark.parametrize(
    ("locales", "when", "refund"),
    [
        (["en-GB"], "Tuesday, 14 July 2026, 09:30 (local time in Lisbon)", "€90.00"),
        (["en-US"], "Tuesday, July 14, 2026, 9:30 AM (local time in Lisbon)", "€90.00"),
        (["de"], "Dienstag, 14. Juli 2026, 09:30 Uhr (Ortszeit Lissabon)", "90,00 €"),
        (["fr-FR", "pt-PT"], "terça-feira, 14 de julho de 2026, 09:30 (hora local de Lisboa)",
         "90,00 €"),
        (["ja-JP"], "Tuesday, 14 July 2026, 09:30 (local time in Lisbon)", "€90.00"),
    ],
)  # fmt: skip
def test_dates_and_money_are_those_of_the_guest(locales: list[str], when: str, refund: str) -> None:
    letter = write(MessageKind.CANCELLATION, messages.choose_language(locales))

    facts = " ".join(value for _, value in letter.facts).replace("\u202f", " ")
    assert when in facts
    assert refund in " ".join(letter.closing).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("starts_at", "shown"),
    [
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "23:30 to 02:30, UTC+01:00"),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), "23:30 to 04:30, UTC+00:00"),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_when_the_clock_says_so(
    starts_at: datetime, shown: str
) -> None:
    night = make_departure(
        local_date=starts_at.date(), start_time=time(23, 30),
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=4),
    )  # fmt: skip
    moved = replace(sample(MessageKind.MOVE), departure=night)
    choice = LanguageChoice.with_default_locale("en")
    before = Additions(before=to_departure_times(make_departure()))

    letter = build_letter(MessageKind.MOVE, moved, SURROUNDINGS, choice, before)

    assert shown in " ".join(value for _, value in letter.facts)


def test_our_own_guests_read_what_is_still_to_pay_and_those_of_partners_no_price() -> None:
    german = LanguageChoice.with_default_locale("de")
    ours = write(MessageKind.REMINDER, german, is_direct=True, balance_minor=2000)
    theirs = write(MessageKind.REMINDER, german)

    assert ("Noch zu zahlen", "20,00\xa0€") in ours.facts
    assert "Preis" in dict(ours.facts)
    assert "Preis" not in dict(theirs.facts)


def test_a_text_or_placeholder_that_one_language_lacks_stops_the_start() -> None:
    german = WORDING["de"]
    broken = german | {"move": german["move"] | {"subject": "Neuer Termin"}}

    with pytest.raises(WordingMismatch, match=r"de.toml differs from English in \[move\] subject"):
        check_same(WORDING | {"de": broken})
