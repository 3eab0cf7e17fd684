-- Note [Where a record lies]
--
-- idempotency_record is partitioned by the range of its ids, which begin with the time
-- (shared_domain/idempotency/record_ids.py):
--
--   idempotency_record_YYYYMMDD   calls with a key, of one day (UTC); dropped after 30 days
--   idempotency_record_commit     records without a key (the first bit of the id is set); purged
--   idempotency_record_default    strays: calls of a day whose partition nothing has made, and
--                                 records of the release before; purged
--
-- The ids of a day are one range, so the primary key is unique over all partitions. Keys are unique
-- within a day; over days the lock of begin_call() keeps them so.

-- Return the lowest id of a day.
CREATE FUNCTION idempotency_first_id(day date) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $function$
    SELECT rpad(lpad(to_hex(extract(epoch FROM day)::bigint * 1000), 12, '0'), 32, '0')::uuid
$function$;

-- Make the partitions of today and the days ahead that are missing, and return how many were.
--
-- ATTACH PARTITION locks out no writer, but for the moment in which it looks at the strays. A day
-- that has strays already stays with them.
CREATE FUNCTION idempotency_make_partitions(days_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $function$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    name text;
    made integer := 0;
BEGIN
    FOR day IN SELECT today + n FROM generate_series(0, days_ahead) AS n LOOP
        name := 'idempotency_record_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE %I (LIKE idempotency_record INCLUDING DEFAULTS'
                           ' INCLUDING CONSTRAINTS, PRIMARY KEY (id))', name);
            EXECUTE format('CREATE UNIQUE INDEX %I ON %I (key_digest)', name || '_key', name);
            EXECUTE format('CREATE INDEX %I ON %I (subject) WHERE subject IS NOT NULL',
                           name || '_subject', name);
            EXECUTE format('ALTER TABLE idempotency_record ATTACH PARTITION %I'
                           ' FOR VALUES FROM (%L) TO (%L)', name,
                           idempotency_first_id(day), idempotency_first_id(day + 1));
            made := made + 1;
        EXCEPTION WHEN check_violation THEN
            NULL;
        END;
    END LOOP;
    RETURN made;
END
$function$;

-- Drop the oldest partition of a day that ended longer ago than `kept_for`; return whether there
-- was one. It waits for the lock for a moment only, since writers queue behind it.
CREATE FUNCTION idempotency_drop_partition(kept_for interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '200ms' AS $function$
DECLARE
    oldest name;
BEGIN
    SELECT c.relname INTO oldest
      FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'idempotency_record'::regclass
       AND c.relname ~ '^idempotency_record_\d{8}$'
       AND to_date(right(c.relname, 8), 'YYYYMMDD') + 1 < (now() AT TIME ZONE 'UTC') - kept_for
     ORDER BY c.relname
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', oldest);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END
$function$;

-- The table takes the place of the one before, under its name: processes of the release before go
-- on, with ids that lie anywhere. What they may still ask for, within half a day, moves along.
LOCK TABLE idempotency_record IN ACCESS EXCLUSIVE MODE;
ALTER TABLE idempotency_record RENAME TO idempotency_record_before;
ALTER INDEX idempotency_record_pkey RENAME TO idempotency_record_before_pkey;
ALTER INDEX idempotency_record_by_age RENAME TO idempotency_record_before_by_age;

CREATE TABLE idempotency_record (
    id uuid NOT NULL PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    is_given_up boolean NOT NULL DEFAULT false,
    key_digest bytea,
    fingerprint jsonb,
    partner_id bigint,
    test_mode boolean,
    subject uuid,
    status smallint,
    headers jsonb,
    body text,
    CONSTRAINT idempotency_record_call CHECK (
        (key_digest IS NULL) = (fingerprint IS NULL)
        AND (key_digest IS NULL) = (partner_id IS NULL)
        AND (key_digest IS NULL) = (test_mode IS NULL)
        AND (key_digest IS NULL) = (status IS NULL)
        AND (key_digest IS NOT NULL OR body IS NULL AND headers IS NULL AND subject IS NULL)),
    CONSTRAINT idempotency_record_bounds CHECK (
        octet_length(key_digest) = 32 AND octet_length(body) <= 1048576
        AND octet_length(fingerprint::text) <= 16384 AND octet_length(headers::text) <= 16384),
    CONSTRAINT idempotency_record_success CHECK (status BETWEEN 200 AND 299)
) PARTITION BY RANGE (id);

CREATE TABLE idempotency_record_commit PARTITION OF idempotency_record
    FOR VALUES FROM ('80000000-0000-0000-0000-000000000000') TO (MAXVALUE);
CREATE INDEX idempotency_record_commit_by_age ON idempotency_record_commit (created_at);

CREATE TABLE idempotency_record_default PARTITION OF idempotency_record DEFAULT;
CREATE INDEX idempotency_record_default_by_age ON idempotency_record_default (created_at);
CREATE UNIQUE INDEX idempotency_record_default_key ON idempotency_record_default (key_digest);
CREATE INDEX idempotency_record_default_subject ON idempotency_record_default (subject)
    WHERE subject IS NOT NULL;

INSERT INTO idempotency_record (id, created_at, is_given_up)
SELECT id, created_at, is_given_up
  FROM idempotency_record_before
 WHERE created_at > now() - interval '13 hours';

-- Who could use the table may go on: `grant_roles` comes after `migrate`, and calls meanwhile.
DO $do$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT a.privilege_type AS privilege, r.rolname AS role, NULL::name AS col
          FROM pg_class AS c, aclexplode(c.relacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
         WHERE c.oid = 'idempotency_record_before'::regclass
        UNION ALL
        SELECT a.privilege_type, r.rolname, t.attname
          FROM pg_attribute AS t, aclexplode(t.attacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
         WHERE t.attrelid = 'idempotency_record_before'::regclass AND NOT t.attisdropped
    LOOP
        EXECUTE format('GRANT %s %s ON idempotency_record TO %I', granted.privilege,
                       CASE WHEN granted.col IS NULL THEN '' ELSE format('(%I)', granted.col) END,
                       granted.role);
    END LOOP;
END
$do$;

DROP TABLE idempotency_record_before;

SELECT idempotency_make_partitions(2);
