-- The sequencer's functions. They run as the owner: no other role may write a position.

-- Give positions to committed events that have none, at most `most`, in the order of their ids, and
-- notify the readers once. Ids up to `above` are passed over: see SearchStart in
-- shared_domain/events/sequencer.py, which also says what the result is for.
--
-- One call is one transaction, and the log's row is locked in it: two sequencers at once give each
-- position once, and a call that fails anywhere has given none.
CREATE FUNCTION events_give_positions(
    most integer, above bigint,
    OUT given integer, OUT highest_id bigint, OUT oldest_xid bigint, OUT next_xid bigint
) LANGUAGE plpgsql SECURITY DEFINER
-- Without this, a plan for any number of events might read the whole table.
SET plan_cache_mode = force_custom_plan
SET search_path = public, pg_temp AS $function$
DECLARE
    last bigint;
    ids bigint[];
BEGIN
    -- Before the search, whose snapshot is newer: it sees all that these transactions committed.
    oldest_xid := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    next_xid := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    given := 0;
    IF NOT EXISTS (SELECT FROM events_event AS event
                    WHERE event.position IS NULL AND event.id > above) THEN
        RETURN;
    END IF;
    SELECT last_position INTO last FROM events_log FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO events_log DEFAULT VALUES ON CONFLICT DO NOTHING;
        SELECT last_position INTO last FROM events_log FOR UPDATE;
    END IF;
    -- After the lock, in a snapshot that shows what another sequencer has given.
    SELECT array_agg(waiting.id ORDER BY waiting.id) INTO ids
      FROM (SELECT event.id
              FROM events_event AS event
             WHERE event.position IS NULL AND event.id > above
             ORDER BY event.id
             LIMIT most) AS waiting;
    IF ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE events_event AS event
       SET position = last + numbered.place
      FROM unnest(ids) WITH ORDINALITY AS numbered (id, place)
     WHERE event.id = numbered.id;
    given := cardinality(ids);
    highest_id := ids[given];
    UPDATE events_log SET last_position = last + given;
    PERFORM pg_notify('event_positions', (last + given)::text);
END
$function$;

-- Elect this session's process as the sequencer, until the session ends; false while another is.
-- Django's role may take no other lock that outlasts a transaction.
CREATE FUNCTION events_become_sequencer() RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
    SELECT pg_try_advisory_lock(7302, 0)
$function$;

-- Let events written before `before` expire, at most `most` positions, from the oldest on, up to
-- the first that is younger. Return how many. Those of bookings stay, as what staff see on the
-- booking's page, until history_expire() deletes them; the others are deleted, on record.
CREATE FUNCTION events_expire(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET plan_cache_mode = force_custom_plan
SET search_path = public, pg_temp AS $function$
DECLARE
    expired bigint;
    upto bigint;
    removal bigint;
    removed bigint;
BEGIN
    IF before IS NULL OR before > now() - interval '1 day' THEN
        RAISE EXCEPTION 'before is %: events of the last day never expire', before
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT expired_to INTO expired FROM events_log FOR UPDATE;
    SELECT coalesce(min(old.position) FILTER (WHERE old.created_at >= before) - 1,
                    max(old.position))
      INTO upto
      FROM (SELECT event.position, event.created_at
              FROM events_event AS event
             WHERE event.position > expired
             ORDER BY event.position
             LIMIT most) AS old;
    IF upto IS NULL OR upto <= expired THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM events_event AS event WHERE event.booking_uuid IS NULL
                  AND event.position > expired AND event.position <= upto) THEN
        removal := history_open('expire', 'events older than ' || before);
        DELETE FROM events_event AS event
         WHERE event.booking_uuid IS NULL
           AND event.position > expired AND event.position <= upto;
        GET DIAGNOSTICS removed = ROW_COUNT;
        UPDATE history_removal
           SET rows = jsonb_build_object('events_event', removed), finished_at = now()
         WHERE id = removal;
    END IF;
    UPDATE events_log SET expired_to = upto;
    RETURN upto - expired;
END
$function$;

REVOKE ALL ON FUNCTION events_give_positions(integer, bigint), events_become_sequencer(),
                       events_expire(timestamptz, integer) FROM PUBLIC;
