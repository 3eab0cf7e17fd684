-- Replaces the function of catalogue.sql: which events of a product this transaction has written.
--
-- Those have no position before its commit. Without that condition an event of weeks ago might pass
-- for one of them: transaction ids begin anew in a cluster into which a dump was restored. coalesce()
-- keeps the search away from the index of events that wait for a position, where it would pass over
-- each event since the oldest snapshot began: during a dump of hours that took 20 ms for each price.
-- In the index of types, what this transaction has written comes first.
CREATE OR REPLACE FUNCTION events_record_of_product(
    kind text, of_product bigint, of_partner bigint DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $function$
BEGIN
    -- Once in a transaction: a form saves a product with all its options, units and prices.
    INSERT INTO events_event (partner_id, type, product_id, data)
    SELECT of_partner, kind, product.id, jsonb_build_object('productId', product.code)
      FROM catalog_product AS product
     WHERE product.id = of_product
       AND NOT EXISTS (
           SELECT FROM events_event AS earlier
            WHERE coalesce(earlier.position, 0) = 0
              AND earlier.transaction_id = pg_current_xact_id()::text::bigint
              AND earlier.type = kind AND earlier.product_id = of_product
              AND (earlier.partner_id IS NULL OR earlier.partner_id = of_partner));
END
$function$;

-- A product shows the local start times of its active schedules (availabilityLocalStartTimes), and
-- leaves out those of which the last date is over.
-- What else a schedule holds, partners see of its departures only.
CREATE FUNCTION events_record_schedule() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    before text := CASE WHEN TG_OP <> 'INSERT' AND OLD.is_active AND OLD.start_times <> '{}'
                        THEN concat(OLD.start_times, ' ', OLD.season_end) END;
    after text := CASE WHEN TG_OP <> 'DELETE' AND NEW.is_active AND NEW.start_times <> '{}'
                       THEN concat(NEW.start_times, ' ', NEW.season_end) END;
BEGIN
    IF before IS DISTINCT FROM after THEN
        PERFORM events_record_of_product('product.updated', option.product_id)
           FROM catalog_option AS option
          WHERE option.id = CASE TG_OP WHEN 'DELETE' THEN OLD.option_id ELSE NEW.option_id END;
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_schedule AFTER INSERT OR UPDATE OR DELETE ON catalog_schedule
   FOR EACH ROW EXECUTE FUNCTION events_record_schedule();

REVOKE ALL ON FUNCTION events_record_schedule() FROM PUBLIC;

-- Replaces the function and the trigger of catalogue.sql: a departure is opened or closed as well
-- when its schedule sets the end of its sale to a moment after now, or before.
CREATE OR REPLACE FUNCTION events_record_departure() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    was_full boolean := coalesce(OLD.reserved >= OLD.capacity, false);
    is_full boolean := coalesce(NEW.reserved >= NEW.capacity, false);
    can_be_booked boolean := NEW.is_open AND NEW.booking_cutoff_at > now();
    has_moved boolean := (NEW.local_date, NEW.starts_at, NEW.ends_at, NEW.opening_hours)
        <> (OLD.local_date, OLD.starts_at, OLD.ends_at, OLD.opening_hours)
        OR (NEW.start_time, NEW.fold) IS DISTINCT FROM (OLD.start_time, OLD.fold);
BEGIN
    IF greatest(OLD.ends_at, NEW.ends_at) <= now() THEN
        RETURN NULL;
    END IF;
    IF has_moved THEN
        PERFORM events_record_of_departure('departure.moved', NEW, jsonb_build_object(
            'before', jsonb_build_object(
                'localDate', OLD.local_date, 'localTime', OLD.start_time,
                'startsAt', OLD.starts_at, 'endsAt', OLD.ends_at)));
    END IF;
    IF NEW.is_open <> OLD.is_open THEN
        PERFORM events_record_of_departure(
            CASE WHEN NEW.is_open THEN 'departure.opened' ELSE 'departure.closed' END, NEW, '{}');
    ELSIF NEW.is_open AND NOT has_moved
          AND can_be_booked <> (OLD.booking_cutoff_at > now()) THEN
        -- The end of its sale was set to a moment after now, or before.
        PERFORM events_record_of_departure(
            CASE WHEN can_be_booked THEN 'departure.opened' ELSE 'departure.closed' END, NEW, '{}');
    END IF;
    IF NEW.capacity IS DISTINCT FROM OLD.capacity THEN
        PERFORM events_record_of_departure('departure.capacity_changed', NEW, jsonb_build_object(
            'capacity', NEW.capacity, 'before', jsonb_build_object('capacity', OLD.capacity)));
    END IF;
    -- Of places that departures share, Departure's tells_when_shared_places_run_out tells.
    IF is_full <> was_full AND can_be_booked
       AND NOT (NEW.has_resources AND NEW.reserved <> OLD.reserved) THEN
        PERFORM events_record_of_departure(
            CASE WHEN is_full THEN 'departure.sold_out' ELSE 'departure.available_again' END,
            NEW, '{}');
    END IF;
    RETURN NULL;
END
$function$;

-- The condition is for reservations, which change nothing but "reserved", and seldom its meaning.
CREATE OR REPLACE TRIGGER events_record_departure AFTER UPDATE ON catalog_departure
   FOR EACH ROW WHEN (
       (OLD.reserved >= OLD.capacity) IS DISTINCT FROM (NEW.reserved >= NEW.capacity)
       OR OLD.is_open <> NEW.is_open
       OR OLD.booking_cutoff_at <> NEW.booking_cutoff_at
       OR OLD.capacity IS DISTINCT FROM NEW.capacity
       OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at
       OR OLD.local_date <> NEW.local_date OR OLD.fold <> NEW.fold
       OR OLD.start_time IS DISTINCT FROM NEW.start_time
       OR OLD.opening_hours <> NEW.opening_hours)
   EXECUTE FUNCTION events_record_departure();
