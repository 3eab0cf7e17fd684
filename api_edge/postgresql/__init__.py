"""PostgreSQL from the edge: async psycopg, one connection pool per process, and LISTEN/NOTIFY.

::

    pool            connections with deadlines, a share for writes, replacement after a failover
    database        ``shared_domain.database.Database``: reads in autocommit, and transactions
    commit_outcome  whether a COMMIT took effect whose answer was lost
    snapshot        a long read-only transaction on one snapshot, for exports
    batch_writer    writes at intervals what requests have left in memory
    pg_listener     notifications, for caches of database rows
    outage          logs an outage once, not at each retry
"""
