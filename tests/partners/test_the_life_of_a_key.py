"""A key is issued once, can be rotated with an overlap, and is revoked at once and for good."""

from datetime import UTC, datetime, timedelta

import pytest

from core_site.partners.models import ApiKey, Partner
from shared_domain import partners
from shared_domain.partners import IssuedKey, PartnerId, Scope
from tests.harness.services import Keys

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
ALL = [scope.value for scope in Scope]
HOUR = timedelta(hours=1)


def issue(keys: Keys, partner_id: PartnerId, **changes: object) -> IssuedKey:
    asked = {
        "label": "web shop",
        "is_test": False,
        "scopes": ALL,
        "expires_at": None,
        "now": NOW,
        **changes,
    }
    return keys.do(lambda store: partners.issue_key(partner_id, **asked, store=store))


def recognise(keys: Keys, secret: str, *, now: datetime) -> partners.ApiKey:
    return keys.do(lambda store: partners.authenticate(secret, now=now, store=store))


def rotate(keys: Keys, key_id: int, *, overlap: timedelta, now: datetime) -> IssuedKey:
    return keys.do(lambda store: partners.rotate_key(key_id, overlap=overlap, now=now, store=store))


def revoke(keys: Keys, key_id: int, *, now: datetime) -> partners.ApiKey:
    return keys.do(lambda store: partners.revoke_key(key_id, now=now, store=store))


def test_an_issued_key_is_recognised(keys: Keys, partner_id: PartnerId) -> None:
    issued = issue(keys, partner_id, scopes=["catalog:read"], is_test=True)

    key = recognise(keys, issued.secret, now=NOW)

    assert (key.id, key.partner_id, key.is_test) == (issued.id, partner_id, True)
    assert key.scopes == {Scope.CATALOG_READ}
    assert key.created_at == NOW
    assert key.prefix == issued.secret[:14]


def test_the_secret_is_stored_nowhere(keys: Keys, partner_id: PartnerId) -> None:
    issued = issue(keys, partner_id)

    row = ApiKey.objects.values().get(pk=issued.id)

    assert issued.secret not in str(row)
    assert bytes(row["digest"]) == partners.key_digest(issued.secret)
    assert issued.secret not in repr(issued)


def test_a_well_formed_key_that_was_never_issued_is_unknown(keys: Keys) -> None:
    with pytest.raises(partners.KeyUnknown):
        recognise(keys, partners.new_secret(is_test=False), now=NOW)


def test_a_key_works_until_just_before_it_expires(keys: Keys, partner_id: PartnerId) -> None:
    end = NOW + timedelta(days=1)
    issued = issue(keys, partner_id, expires_at=end)

    recognise(keys, issued.secret, now=end - timedelta(microseconds=1))
    with pytest.raises(partners.KeyExpired, match=r"datetime\(2026, 7, 2, 10, 0"):
        recognise(keys, issued.secret, now=end)


def test_a_revoked_key_is_refused_and_says_since_when(keys: Keys, partner_id: PartnerId) -> None:
    issued = issue(keys, partner_id)

    revoke(keys, issued.id, now=NOW)

    with pytest.raises(partners.KeyRevoked, match=r"datetime\(2026, 7, 1, 10, 0"):
        recognise(keys, issued.secret, now=NOW)


def test_revoking_again_keeps_the_first_moment(keys: Keys, partner_id: PartnerId) -> None:
    issued = issue(keys, partner_id)
    revoke(keys, issued.id, now=NOW)

    again = revoke(keys, issued.id, now=NOW + timedelta(days=1))

    assert again.revoked_at == NOW


def test_the_keys_of_an_inactive_partner_do_not_work(
    keys: Keys, partner: Partner, partner_id: PartnerId
) -> None:
    issued = issue(keys, partner_id)
    Partner.objects.filter(pk=partner.pk).update(is_active=False)

    with pytest.raises(partners.PartnerInactive):
        recognise(keys, issued.secret, now=NOW)
    with pytest.raises(partners.PartnerInactive):
        issue(keys, partner_id)
    with pytest.raises(partners.PartnerInactive):
        rotate(keys, issued.id, overlap=timedelta(0), now=NOW)


def test_both_keys_work_during_the_overlap(keys: Keys, partner_id: PartnerId) -> None:
    old = issue(keys, partner_id, scopes=["catalog:read", "bookings:read"], is_test=True)

    new = rotate(keys, old.id, overlap=timedelta(hours=24), now=NOW)

    late = NOW + timedelta(hours=24, microseconds=-1)
    assert recognise(keys, old.secret, now=late).replaced_by == new.id
    successor = recognise(keys, new.secret, now=late)
    assert successor.scopes == {Scope.CATALOG_READ, Scope.BOOKINGS_READ}
    assert (successor.partner_id, successor.is_test) == (partner_id, True)
    with pytest.raises(partners.KeyExpired):
        recognise(keys, old.secret, now=NOW + timedelta(hours=24))
    recognise(keys, new.secret, now=NOW + timedelta(days=3650))


def test_the_overlap_never_outlives_the_old_key(keys: Keys, partner_id: PartnerId) -> None:
    old = issue(keys, partner_id, expires_at=NOW + timedelta(hours=1))

    rotate(keys, old.id, overlap=timedelta(hours=24), now=NOW)

    with pytest.raises(partners.KeyExpired):
        recognise(keys, old.secret, now=NOW + timedelta(hours=1))


def test_the_new_key_lives_as_long_as_the_old_one_was_to(keys: Keys, partner_id: PartnerId) -> None:
    old = issue(keys, partner_id, expires_at=NOW + timedelta(days=90))

    new = rotate(keys, old.id, overlap=timedelta(0), now=NOW + timedelta(days=80))

    assert new.expires_at == NOW + timedelta(days=170)


def test_a_key_without_overlap_ends_at_once(keys: Keys, partner_id: PartnerId) -> None:
    old = issue(keys, partner_id)

    rotate(keys, old.id, overlap=timedelta(0), now=NOW)

    with pytest.raises(partners.KeyExpired):
        recognise(keys, old.secret, now=NOW)


def test_a_lifetime_that_no_calendar_holds_ends_when_the_old_key_does(
    keys: Keys, partner_id: PartnerId
) -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    old = issue(keys, partner_id, expires_at=far)

    new = rotate(keys, old.id, overlap=timedelta(0), now=NOW + timedelta(days=2))

    assert new.expires_at == far


def test_a_key_is_rotated_once(keys: Keys, partner_id: PartnerId) -> None:
    old = issue(keys, partner_id)
    rotate(keys, old.id, overlap=timedelta(hours=1), now=NOW)

    with pytest.raises(partners.KeyAlreadyReplaced):
        rotate(keys, old.id, overlap=timedelta(hours=1), now=NOW)

    assert ApiKey.objects.count() == 2


def test_a_key_that_does_not_work_cannot_be_rotated(keys: Keys, partner_id: PartnerId) -> None:
    revoked, expired = issue(keys, partner_id), issue(keys, partner_id, expires_at=NOW + HOUR)
    revoke(keys, revoked.id, now=NOW)

    with pytest.raises(partners.KeyRevoked):
        rotate(keys, revoked.id, overlap=HOUR, now=NOW)
    with pytest.raises(partners.KeyExpired):
        rotate(keys, expired.id, overlap=HOUR, now=NOW + HOUR)

    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("overlap", [-timedelta(seconds=1), timedelta(days=30, seconds=1)])
def test_the_overlap_is_at_most_a_month(
    keys: Keys, partner_id: PartnerId, overlap: timedelta
) -> None:
    old = issue(keys, partner_id)

    with pytest.raises(partners.OverlapOutOfRange):
        rotate(keys, old.id, overlap=overlap, now=NOW)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"label": "  "}, partners.InvalidLabel),
        ({"label": "\u00a0\u200b\u3164"}, partners.InvalidLabel),
        ({"label": "a\x1bb"}, partners.InvalidLabel),
        ({"label": "x" * 101}, partners.InvalidLabel),
        ({"label": "a\x00b"}, partners.InvalidLabel),
        ({"label": "a\ud800b"}, partners.InvalidLabel),
        ({"scopes": []}, partners.InvalidScopes),
        ({"scopes": ["catalog:read", "admin"]}, partners.InvalidScopes),
        ({"expires_at": NOW}, partners.ExpiryInPast),
    ],
)
def test_what_cannot_be_is_refused(
    keys: Keys, partner_id: PartnerId, changes: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        issue(keys, partner_id, **changes)

    assert not ApiKey.objects.exists()


def test_unknown_partners_and_keys_are_refused(keys: Keys) -> None:
    with pytest.raises(partners.PartnerNotFound):
        issue(keys, PartnerId(10**9))
    with pytest.raises(partners.KeyNotFound):
        revoke(keys, 10**9, now=NOW)
    with pytest.raises(partners.KeyNotFound):
        rotate(keys, 10**9, overlap=HOUR, now=NOW)
