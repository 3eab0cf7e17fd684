"""What is sent to a partner's server. Source: OCTO, capability ``octo/notifications``."""

import json
from datetime import UTC

from shared_domain.notifications import Notification, SubscriptionId


def write_body(notification: Notification, *, subscription_id: SubscriptionId) -> bytes:
    """Return the JSON of a notification: by its ids the partner fetches what has changed."""
    data: dict[str, str] = {}
    if notification.booking_uuid is not None:
        data["uuid"] = str(notification.booking_uuid)
    else:
        data["productId"] = notification.product_code
    first, last = notification.local_date_start, notification.local_date_end
    if first is not None and last is not None:
        data |= {"localDateStart": first.isoformat(), "localDateEnd": last.isoformat()}
    told = {
        "id": str(notification.public_id),
        "subscriptionId": str(subscription_id),
        "notificationType": notification.kind.value,
        "utcCreatedAt": notification.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": data,
    }
    return json.dumps(told).encode()
