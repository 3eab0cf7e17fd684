"""What Django itself changes from answer to answer is no mistake; a mistake among it is."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shared_domain.parity.comparison import Difference, Kind
from shared_domain.parity.confirmation import (
    KINDS_OF_NOISE,
    ROUNDS_FOR_NEW,
    Group,
    NoiseMemory,
    confirm_differences,
)
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import NO_RULES
from tests.parity.sides import answered

Side = Callable[[], Outcome]


@dataclass
class Shop:
    """An endpoint with a timestamp, a random order, and a random id in each item."""

    chance: random.Random
    items: int = 4
    second: int = 0

    def answer(self, *, wrong_by_cents: int = 0) -> Outcome:
        self.second += 1
        items = [
            {"id": self.chance.getrandbits(64), "name": f"tour {n}", "price": 100 * n}
            for n in range(self.items)
        ]
        items[1]["price"] = 100 + wrong_by_cents
        self.chance.shuffle(items)
        return answered(
            {"generatedAt": f"2026-01-01T00:00:00.{self.second % 1_000_000:06}Z", "items": items}
        )


@dataclass
class Watch:
    """Compares as the edge does: asks again while told to, and remembers the noise."""

    memory: NoiseMemory = field(default_factory=NoiseMemory)
    known: frozenset[Group] = frozenset()
    rounds_asked: int = 0

    def compare(self, django: Side, edge: Side) -> tuple[Difference, ...]:
        rounds = [(django(), edge())]
        judgement = confirm_differences(rounds, NO_RULES, self.memory.learned, self.known)
        while not judgement.is_final:
            rounds.append((django(), edge()))
            judgement = confirm_differences(rounds, NO_RULES, self.memory.learned, self.known)
        self.rounds_asked = len(rounds)
        self.memory.observe(judgement.unstable)
        return judgement.differences


@pytest.mark.parametrize(
    ("seed", "items", "comparisons"),
    [
        *((seed, items, 200) for seed, items in ((1, 4), (2, 2), (3, 7))),
        *(
            pytest.param(seed, items, 10_000, marks=pytest.mark.long)
            for seed, items in ((1, 4), (2, 2), (3, 7), (4, 3))
        ),
    ],
)
def test_a_noisy_endpoint_raises_no_false_alarm(seed: int, items: int, comparisons: int) -> None:
    shop, watch = Shop(random.Random(seed), items), Watch()

    alarms = [watch.compare(shop.answer, shop.answer) for _ in range(comparisons)]

    assert not any(alarms)
    assert watch.memory.learned == {
        ("/generatedAt", Kind.VALUE),
        ("/items/*/id", Kind.VALUE),
        ("/items", Kind.ORDER),
    }


@pytest.mark.parametrize("seed", range(3))
def test_one_cent_in_a_noisy_endpoint_is_caught_from_the_first_call(seed: int) -> None:
    shop, watch = Shop(random.Random(seed)), Watch()

    for _ in range(10):
        found = watch.compare(shop.answer, lambda: shop.answer(wrong_by_cents=1))

        assert [difference.group for difference in found] == [("/items/*/price", Kind.VALUE)]
        assert [(difference.django, difference.edge) for difference in found] == [(100, 101)]
    assert ("/items/*/price", Kind.VALUE) not in watch.memory.learned


def test_a_new_difference_is_asked_six_times_and_a_known_one_twice() -> None:
    watch = Watch()
    ours, theirs = (lambda: answered({"a": 1})), (lambda: answered({"a": 2}))

    (found,) = watch.compare(ours, theirs)
    assert watch.rounds_asked == ROUNDS_FOR_NEW == 6

    watch.known = frozenset({found.group})
    assert watch.compare(ours, theirs) == (found,)
    assert watch.rounds_asked == 2


def test_agreement_is_asked_once() -> None:
    watch = Watch()

    assert watch.compare(lambda: answered({"a": 1}), lambda: answered({"a": 1})) == ()
    assert watch.rounds_asked == 1


def test_a_race_neither_counts_nor_teaches() -> None:
    memory = NoiseMemory()
    for price in range(10):
        before, after = answered({"price": price}), answered({"price": price + 1})
        rounds = [(before, after)]
        assert not confirm_differences(rounds, NO_RULES, memory.learned).is_final

        rounds.append((after, after))
        assert confirm_differences(rounds, NO_RULES, memory.learned).is_final
        judgement = confirm_differences(rounds, NO_RULES, memory.learned)
        memory.observe(judgement.unstable)

        assert judgement.differences == ()
        assert judgement.is_final
    assert memory.learned == frozenset()


def test_noise_is_learned_from_the_third_comparison() -> None:
    group = ("/at", Kind.VALUE)
    memory = NoiseMemory()

    learned = [memory.observe({group}) for _ in range(4)]

    assert learned == [frozenset(), frozenset(), frozenset({group}), frozenset()]
    assert memory.learned == {group}
    assert NoiseMemory(memory.learned).learned == {group}


@pytest.mark.parametrize("kind", sorted(set(Kind) - KINDS_OF_NOISE))
def test_a_status_a_field_and_a_type_never_become_noise(kind: Kind) -> None:
    memory = NoiseMemory()
    for _ in range(10):
        memory.observe({("/a", kind)})

    assert memory.learned == frozenset()
    assert kind in (Kind.STATUS, Kind.MISSING, Kind.EXTRA, Kind.TYPE)


def test_learned_noise_never_covers_a_missing_field() -> None:
    learned = frozenset((path, kind) for path in ("/at", "status") for kind in Kind)
    rounds = [(answered({"at": 1}), answered({}, status=201))] * ROUNDS_FOR_NEW

    found = confirm_differences(rounds, NO_RULES, learned).differences

    assert [difference.kind for difference in found] == [Kind.STATUS, Kind.MISSING]


def test_a_mistake_on_every_day_does_not_hide_behind_the_days_that_change() -> None:
    chance, watch = random.Random(4), Watch()
    vacancies = dict.fromkeys(range(30), 10)
    group = ("/*/vacancies", Kind.VALUE)

    def days(wrong_by: int) -> Outcome:
        return answered([{"day": day, "vacancies": n + wrong_by} for day, n in vacancies.items()])

    def book_and_ask() -> Outcome:
        vacancies[chance.randrange(30)] -= 1
        return days(0)

    for _ in range(5):
        found = watch.compare(book_and_ask, lambda: days(1))

        assert {difference.group for difference in found} == {group}
    assert watch.rounds_asked == 6

    watch.known = frozenset({group})
    for _ in range(5):
        found = watch.compare(book_and_ask, lambda: days(1))

        assert {difference.group for difference in found} == {group}
    assert watch.rounds_asked == 2
    assert watch.memory.learned == frozenset()


def test_what_is_not_settled_yet_teaches_nothing() -> None:
    prices = [[1, 1, 1], [1, 2, 1]]
    rounds = [(answered(now), answered([price + 1 for price in now])) for now in prices]

    judgement = confirm_differences(rounds, NO_RULES, frozenset())

    assert not judgement.is_final
    assert judgement.unstable == frozenset()


@pytest.mark.parametrize("seed", range(2))
def test_random_choices_in_a_list_become_noise(seed: int) -> None:
    chance, watch = random.Random(seed), Watch()

    def some() -> Outcome:
        return answered([chance.choice("ab") for _ in range(3)])

    assert not any(watch.compare(some, some) for _ in range(400))
    assert ("/*", Kind.VALUE) in watch.memory.learned


def test_lists_that_come_and_go_never_count() -> None:
    chance, watch = random.Random(5), Watch()

    def some() -> Outcome:
        return answered([n for n in range(12) if chance.random() < 0.5])

    assert not any(watch.compare(some, some) for _ in range(300))
