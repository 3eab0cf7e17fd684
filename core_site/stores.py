"""The stores of services in Django: each on Django's connection, in its current transaction.

``run_now(bookings.cancel_booking(…, store=stores.bookings()))``. A store is cheap: make one for
each use, and do not keep it.
"""

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from shared_domain.availability.blackouts.sql_store import SqlBlackoutStore
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.booking_desk.sql_store import SqlDeskStore
from shared_domain.bookings.move_notices.sql_store import SqlMoveNoticeStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.disruptions.sql_store import SqlDisruptionStore
from shared_domain.idempotency.sql_store import SqlIdempotencyStore
from shared_domain.manifest.sql_store import SqlManifestStore
from shared_domain.messages.sql_store import SqlMessageStore
from shared_domain.notifications.sql_store import SqlSubscriptionStore
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.payments.sql_store import SqlPaymentStore
from shared_domain.persons.sql_store import SqlPersonStore
from shared_domain.resources.sql_store import SqlResourceStore
from shared_domain.rollout.sql_store import SqlEndpointStore
from shared_domain.sales_rollup.sql_store import SqlSalesRollupStore
from shared_domain.search.sql_store import SqlSearchStore
from shared_domain.settlements.sql_store import SqlSettlementStore
from shared_domain.statements.sql_store import SqlStatementStore
from shared_domain.usage.sql_store import SqlUsageStore
from shared_domain.users.sql_store import SqlUserStore
from shared_domain.weather.sql_store import SqlWeatherStore
from shared_domain.webhooks.deliveries.sql_store import SqlDeliveryStore
from shared_domain.webhooks.sql_store import SqlWebhookStore


def availability() -> SqlAvailabilityStore:
    database = DjangoDatabase()
    return SqlAvailabilityStore(database, SqlCatalogStore(database))


def blackouts() -> SqlBlackoutStore:
    return SqlBlackoutStore(DjangoDatabase())


def bookings() -> SqlBookingStore:
    database = DjangoDatabase()
    return SqlBookingStore(database, SqlAvailabilityStore(database, SqlCatalogStore(database)))


def desk() -> SqlDeskStore:
    return SqlDeskStore(DjangoDatabase(), bookings(), payments())


def disruptions() -> SqlDisruptionStore:
    return SqlDisruptionStore(DjangoDatabase(), bookings())


def endpoints() -> SqlEndpointStore:
    return SqlEndpointStore(DjangoDatabase(registry_alias()))


def keys() -> SqlKeyStore:
    return SqlKeyStore(DjangoDatabase())


def idempotency() -> SqlIdempotencyStore:
    return SqlIdempotencyStore(DjangoDatabase())


def manifest() -> SqlManifestStore:
    return SqlManifestStore(DjangoDatabase())


def messages() -> SqlMessageStore:
    return SqlMessageStore(DjangoDatabase())


def move_notices() -> SqlMoveNoticeStore:
    return SqlMoveNoticeStore(DjangoDatabase())


def payments() -> SqlPaymentStore:
    return SqlPaymentStore(DjangoDatabase())


def persons() -> SqlPersonStore:
    return SqlPersonStore(DjangoDatabase())


def sales_rollup() -> SqlSalesRollupStore:
    return SqlSalesRollupStore(DjangoDatabase())


def search() -> SqlSearchStore:
    return SqlSearchStore(DjangoDatabase())


def resources() -> SqlResourceStore:
    return SqlResourceStore(DjangoDatabase())


def settlements() -> SqlSettlementStore:
    return SqlSettlementStore(DjangoDatabase())


def statements() -> SqlStatementStore:
    return SqlStatementStore(DjangoDatabase())


def usage() -> SqlUsageStore:
    return SqlUsageStore(DjangoDatabase())


def users() -> SqlUserStore:
    return SqlUserStore(DjangoDatabase())


def notification_subscriptions() -> SqlSubscriptionStore:
    return SqlSubscriptionStore(DjangoDatabase())


def webhook_deliveries() -> SqlDeliveryStore:
    return SqlDeliveryStore(DjangoDatabase())


def webhook_endpoints() -> SqlWebhookStore:
    return SqlWebhookStore(DjangoDatabase())


def weather() -> SqlWeatherStore:
    return SqlWeatherStore(DjangoDatabase())
