"""The stores that services run on in this half: each on Django's connection, in its transaction.

``run_now(bookings.cancel_booking(…, store=stores.bookings()))``. A store is cheap; make one for
each piece of work and keep none.
"""

from core_site.database import DjangoDatabase
from core_site.rollout.database import registry_alias
from shared_domain.availability.sql_store import SqlAvailability
from shared_domain.bookings.notices_sql_store import SqlMoveNotices
from shared_domain.bookings.sql_store import SqlBookings
from shared_domain.catalog.sql_store import SqlCatalog
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.persons.sql_store import SqlPersons
from shared_domain.rollout.sql_store import SqlEndpoints
from shared_domain.statements.sql_store import SqlStatements
from shared_domain.users.sql_store import SqlUsers


def availability() -> SqlAvailability:
    database = DjangoDatabase()
    return SqlAvailability(database, SqlCatalog(database))


def bookings() -> SqlBookings:
    database = DjangoDatabase()
    return SqlBookings(database, SqlAvailability(database, SqlCatalog(database)))


def endpoints() -> SqlEndpoints:
    return SqlEndpoints(DjangoDatabase(registry_alias()))


def keys() -> SqlKeyStore:
    return SqlKeyStore(DjangoDatabase())


def move_notices() -> SqlMoveNotices:
    return SqlMoveNotices(DjangoDatabase())


def persons() -> SqlPersons:
    return SqlPersons(DjangoDatabase())


def statements() -> SqlStatements:
    return SqlStatements(DjangoDatabase())


def users() -> SqlUsers:
    return SqlUsers(DjangoDatabase())
