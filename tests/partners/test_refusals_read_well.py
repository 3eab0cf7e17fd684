"""Every refusal about keys is one readable paragraph that ends like a sentence."""

from datetime import UTC, datetime

import pytest

from shared_domain import partners
from shared_domain.refusals import Refused

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
DETAILS: dict[type[Refused], dict[str, object]] = {
    partners.KeyRevoked: {"prefix": "pk_live_abcdef", "revoked_at": NOW},
    partners.KeyExpired: {"prefix": "pk_live_abcdef", "expired_at": NOW},
    partners.ScopeMissing: {"needed": "bookings:write"},
    partners.KeyAlreadyReplaced: {"prefix": "pk_live_abcdef"},
    partners.InvalidLabel: {"longest": 100},
    partners.InvalidScopes: {"known": "catalog:read"},
    partners.OverlapOutOfRange: {"longest_days": 30},
    partners.RateLimitOutOfRange: {"highest": 10_000},
}
KINDS = [*partners.KeyRefused.__subclasses__(), *partners.KeyChangeRefused.__subclasses__()]


@pytest.mark.parametrize("kind", KINDS)
def test_it_reads_aloud(kind: type[Refused]) -> None:
    text = str(kind(**DETAILS.get(kind, {})))  # type: ignore[arg-type]

    assert text[0].isupper()
    assert text.endswith(".")
    assert "None" not in text
    assert "{" not in text


@pytest.mark.parametrize("kind", partners.KeyRefused.__subclasses__())
def test_what_a_caller_can_repair_names_the_header(kind: type[Refused]) -> None:
    refusal = kind(**DETAILS.get(kind, {}))  # type: ignore[arg-type]

    assert refusal.field in {"Authorization", "Octo-Env"}
