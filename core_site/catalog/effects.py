"""The effects on departures of a change of schedules or of a product, before it is saved.

A page saves inside a transaction and calls :func:`follow_schedules`. It brings the departures into
line, and raises :class:`EffectUnseen` when that does more than add some: then everything is rolled
back, and staff see the effect and decide. What they have seen comes back as a digest, so that a
booking or another change in between shows the page again instead of surprising them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from core_site import stores
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Option
from shared_domain import availability
from shared_domain.availability import DepartureChange, DepartureChanges, WithGuests
from shared_domain.catalog import OptionId
from shared_domain.run_now import run_now

#: What staff can choose for departures with guests.
CHOICES = (WithGuests.KEEP, WithGuests.MOVE)


@dataclass(frozen=True, slots=True)
class Decision:
    """The choice of staff for departures with guests, and the digest of the effect they saw."""

    with_guests: WithGuests
    seen: str


@dataclass(frozen=True, slots=True)
class Effect:
    """The changes that following the schedules makes to the departures of some options."""

    of_options: tuple[tuple[Option, DepartureChanges], ...]

    @property
    def needs_to_be_seen(self) -> bool:
        """True when it does more than put departures on sale or change their places and cut-offs.

        Also without guests: staff who take a season off sale by a typing error want to know.
        """
        return any(_felt(changes) for _, changes in self.of_options)

    @property
    def digest(self) -> str:
        """Return a hash of the effect, other for every other effect that staff have to see."""
        felt = [(option.pk, _felt(changes)) for option, changes in self.of_options]
        return sha256(repr(felt).encode()).hexdigest()

    def changes(self, kind: str) -> list[tuple[Option, DepartureChange]]:
        """Return one of the lists of ``DepartureChanges``, of all options."""
        return [
            (option, change)
            for option, changes in self.of_options
            for change in getattr(changes, kind)
        ]

    @property
    def guests(self) -> int:
        return sum(changes.guests for _, changes in self.of_options)

    @property
    def bookings(self) -> int:
        return sum(changes.bookings for _, changes in self.of_options)


def _felt(changes: DepartureChanges) -> tuple[DepartureChange, ...]:
    """Return the departures whose change partners or guests would notice."""
    return (
        *changes.moved,
        *changes.retimed,
        *changes.kept,
        *changes.closed,
        *changes.removed,
    )


class EffectUnseen(Exception):
    """The change needs a decision; its transaction is to be rolled back.

    ``effects`` holds one for each of ``CHOICES``; ``was_seen`` is true when staff had decided on
    another effect than it has now.
    """

    def __init__(self, effects: dict[WithGuests, Effect], *, was_seen: bool) -> None:
        super().__init__("staff have not seen what this does to departures")
        self.effects = effects
        self.was_seen = was_seen


def follow_schedules(
    options: Sequence[Option], decision: Decision | None, *, now: datetime
) -> Effect:
    """Bring the departures of these options into line, in the caller's transaction.

    Raises:
        EffectUnseen: staff are to see the effect first; nothing has changed.
    """
    if decision is None:
        # To look first is cheaper than to carry out and roll back.
        looked_at = preview(options, WithGuests.KEEP, now=now)
        if looked_at.needs_to_be_seen:
            moving = preview(options, WithGuests.MOVE, now=now)
            effects = {WithGuests.KEEP: looked_at, WithGuests.MOVE: moving}
            raise EffectUnseen(effects, was_seen=False)
    with_guests = decision.with_guests if decision else WithGuests.KEEP
    savepoint = transaction.savepoint()
    effect = Effect(
        tuple(
            (option, generate_departures(option, now=now, with_guests=with_guests))
            for option in options
        )
    )
    was_seen = decision is not None and decision.seen == effect.digest
    if was_seen or not effect.needs_to_be_seen:
        transaction.savepoint_commit(savepoint)
        return effect
    transaction.savepoint_rollback(savepoint)
    raise EffectUnseen(previews(options, now=now), was_seen=decision is not None)


def previews(options: Sequence[Option], *, now: datetime) -> dict[WithGuests, Effect]:
    """Return what :func:`follow_schedules` would do by each of ``CHOICES``; nothing is written."""
    return {choice: preview(options, choice, now=now) for choice in CHOICES}


def preview(options: Sequence[Option], with_guests: WithGuests, *, now: datetime) -> Effect:
    store = stores.availability()
    return Effect(
        tuple(
            (
                option,
                run_now(
                    availability.preview_departures(
                        OptionId(option.pk), with_guests=with_guests, now=now, store=store
                    )
                ),
            )
            for option in options
        )
    )
