"""The effects on departures of a change of schedules or of a product, before it is saved.

A page saves inside a transaction and calls :func:`follow_schedules`, which regenerates the
departures. If that does more than add some, it raises :class:`EffectUnseen`: everything is rolled
back, and a page shows the effect for staff to decide. That page sends back a digest of the effect,
so that it is shown again if a booking or another change in between has altered the effect.
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
        """True if departures are moved, retimed, kept, closed or removed, with or without guests.

        Adding or reopening departures, and changing their places or cut-offs, needs no decision.
        """
        return any(_felt(changes) for _, changes in self.of_options)

    @property
    def digest(self) -> str:
        """Return a hash of the part of the effect that staff have to see."""
        felt = [(option.pk, _felt(changes)) for option, changes in self.of_options]
        return sha256(repr(felt).encode()).hexdigest()

    def changes(self, kind: str) -> list[tuple[Option, DepartureChange]]:
        """Return the changes of one kind, an attribute of ``DepartureChanges``, of all options."""
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
    """Return the changes that partners or guests would notice."""
    return (
        *changes.moved,
        *changes.retimed,
        *changes.kept,
        *changes.closed,
        *changes.removed,
    )


class EffectUnseen(Exception):
    """The change needs a decision of staff; the caller must roll back its transaction.

    ``effects`` has the effect of each of ``CHOICES``. ``was_seen`` is true if staff had decided on
    an effect that has changed since.
    """

    def __init__(self, effects: dict[WithGuests, Effect], *, was_seen: bool) -> None:
        super().__init__("staff have not seen what this does to departures")
        self.effects = effects
        self.was_seen = was_seen


def follow_schedules(
    options: Sequence[Option], decision: Decision | None, *, now: datetime
) -> Effect:
    """Regenerate the departures of these options, in the caller's transaction.

    Raises:
        EffectUnseen: staff have to see the effect first; no departure has changed.
    """
    if decision is None:
        # A preview is cheaper than to carry out the change and roll it back.
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
    """Return the effect of :func:`follow_schedules` for each of ``CHOICES``, without writing."""
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
