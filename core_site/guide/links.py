"""The signed link to the guide's view of a departure."""

from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from core_site.catalog.models import Departure
from shared_domain.manifest import link_expires_at
from shared_domain.time_zones import zone

#: Salt of the signature, so that no other signed value is accepted as a link.
_SALT = "core_site.guide.links"

#: In characters; a token has about 60.
_LONGEST = 200


def make_link(departure: Departure) -> str:
    """Return the URL of the guide's view of a departure; valid until ``expires_at``, or revoked."""
    named = f"{departure.pk}-{departure.guide_links_revoked}"
    token = signing.Signer(salt=_SALT, sep="~").sign(named)
    return f"{settings.PUBLIC_URL}{reverse('guide', args=[token])}"


def find_departure(token: str, *, now: datetime) -> Departure | None:
    """Return the departure of a valid link; None for one that is forged, expired or revoked."""
    if len(token) > _LONGEST:
        return None
    try:
        named = signing.Signer(salt=_SALT, sep="~").unsign(token)
    except signing.BadSignature:
        return None
    pk, _, revoked = named.partition("-")
    rows = Departure.objects.select_related("option__product")
    departure = rows.filter(pk=int(pk), guide_links_revoked=int(revoked)).first()
    return departure if departure is not None and now < expires_at(departure) else None


def expires_at(departure: Departure) -> datetime:
    """Return when a departure's links expire: at the end of the next local day after it."""
    return link_expires_at(departure, zone(departure.option.product.time_zone))
