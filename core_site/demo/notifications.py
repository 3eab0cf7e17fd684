"""The demo's subscription to OCTO notifications; its URL below ``.example`` resolves nowhere."""

from datetime import datetime, timedelta
from uuid import UUID

from core_site.notifications.models import Subscription, SubscriptionQueue
from core_site.partners.models import Partner
from shared_domain.notifications import NotificationType
from shared_domain.partners import PartnerKind

#: The examples of the API's documentation name it.
DOCUMENTED_SUBSCRIPTION = UUID("0c7a6d52-9be1-4c5f-8a0e-3f4b1d2c6e90")


def load_notifications(*, now: datetime) -> None:
    """Add a subscription of the first reseller."""
    partner = Partner.objects.filter(kind=PartnerKind.RESELLER.value).order_by("id")[0]
    made_at = now - timedelta(days=40)
    subscription = Subscription.objects.create(
        pk=DOCUMENTED_SUBSCRIPTION,
        partner=partner,
        test_mode=False,
        url=f"https://octo.{partner.code}.example/notifications",
        notification_types=[
            NotificationType.AVAILABILITY_UPDATE.value,
            NotificationType.BOOKING_UPDATE.value,
        ],
        created_at=made_at,
        updated_at=made_at,
    )
    SubscriptionQueue.objects.create(subscription=subscription, begins_after=0)
