-- Triggers that write the events of departures, products, prices and API keys, in the transaction of
-- the change, whoever makes it: the admin, a service of either half, or a job. They run as the
-- owner, so that no role needs a right on the log for it. What an event is of is its data by the ids
-- that partners know, since the row may be gone when it is read.

CREATE FUNCTION events_record_of_product(
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
            WHERE earlier.transaction_id = pg_current_xact_id()::text::bigint
              AND earlier.type = kind AND earlier.product_id = of_product
              AND (earlier.partner_id IS NULL OR earlier.partner_id = of_partner));
END
$function$;

-- What only staff see of a product is left out, and its revision, which counts what is told anyhow.
CREATE FUNCTION events_record_product() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    changed text[];
BEGIN
    SELECT array_agg(later.key) INTO changed
      FROM jsonb_each(to_jsonb(NEW)) AS later
     WHERE later.value IS DISTINCT FROM to_jsonb(OLD) -> later.key
       AND later.key NOT IN ('revision', 'created_at', 'place');
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM events_record_of_product(
        CASE WHEN NEW.is_active = OLD.is_active THEN 'product.updated'
             WHEN NEW.is_active THEN 'product.added'
             ELSE 'product.removed' END, NEW.id);
    IF changed && '{tax_name,tax_basis_points,pricing_per,default_currency,available_currencies}'
    THEN
        PERFORM events_record_of_product('price.changed', NEW.id);
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_product AFTER UPDATE ON catalog_product
   FOR EACH ROW EXECUTE FUNCTION events_record_product();

CREATE FUNCTION events_record_part_of_product() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    -- By which rules its departures were computed is no partner's business.
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'followed_zone_rules'
                          = to_jsonb(OLD) - 'followed_zone_rules' THEN
        RETURN NULL;
    END IF;
    PERFORM events_record_of_product(
        CASE TG_TABLE_NAME WHEN 'catalog_price' THEN 'price.changed' ELSE 'product.updated' END,
        coalesce((changed ->> 'product_id')::bigint,
                 (SELECT option.product_id FROM catalog_option AS option
                   WHERE option.id = (changed ->> 'option_id')::bigint)));
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_option AFTER INSERT OR UPDATE OR DELETE ON catalog_option
   FOR EACH ROW EXECUTE FUNCTION events_record_part_of_product();
CREATE TRIGGER events_record_unit AFTER INSERT OR UPDATE OR DELETE ON catalog_unit
   FOR EACH ROW EXECUTE FUNCTION events_record_part_of_product();
CREATE TRIGGER events_record_price AFTER INSERT OR UPDATE OR DELETE ON catalog_price
   FOR EACH ROW EXECUTE FUNCTION events_record_part_of_product();

-- A partner that may sell the product from now on, or no longer, or for another commission.
CREATE FUNCTION events_record_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.product_id, NEW.partner_id) = (OLD.product_id, OLD.partner_id) THEN
        PERFORM events_record_of_product('price.changed', NEW.product_id, NEW.partner_id)
          WHERE NEW.commission_basis_points <> OLD.commission_basis_points;
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM events_record_of_product('product.removed', OLD.product_id, OLD.partner_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM events_record_of_product('product.added', NEW.product_id, NEW.partner_id);
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_terms AFTER INSERT OR UPDATE OR DELETE ON catalog_partnerterms
   FOR EACH ROW EXECUTE FUNCTION events_record_terms();

-- Departures that came or went: one event for each option, however many.
CREATE FUNCTION events_record_departures() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    INSERT INTO events_event (type, product_id, data)
    SELECT CASE TG_OP WHEN 'INSERT' THEN 'product.departures_added'
                      ELSE 'product.departures_removed' END,
           product.id,
           jsonb_build_object('productId', product.code, 'optionId', option.code,
                              'departures', count(*), 'localDateStart', min(changed.local_date),
                              'localDateEnd', max(changed.local_date))
      FROM changed
      JOIN catalog_option AS option ON option.id = changed.option_id
      JOIN catalog_product AS product ON product.id = option.product_id
     WHERE changed.ends_at > now()
     GROUP BY product.id, option.id;
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_departures_added AFTER INSERT ON catalog_departure
   REFERENCING NEW TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION events_record_departures();
CREATE TRIGGER events_record_departures_removed AFTER DELETE ON catalog_departure
   REFERENCING OLD TABLE AS changed
   FOR EACH STATEMENT EXECUTE FUNCTION events_record_departures();

CREATE FUNCTION events_record_of_departure(kind text, changed catalog_departure, more jsonb)
RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $function$
    INSERT INTO events_event (test_mode, type, product_id, departure_id, data)
    -- Tests have a stock of their own.
    SELECT CASE WHEN kind IN ('departure.sold_out', 'departure.available_again') THEN false END,
           kind, product.id, changed.id,
           jsonb_build_object('productId', product.code, 'optionId', option.code,
                              'availabilityId', changed.availability_id,
                              'localDate', changed.local_date) || more
      FROM catalog_option AS option
      JOIN catalog_product AS product ON product.id = option.product_id
     WHERE option.id = changed.option_id
$function$;

CREATE FUNCTION events_record_departure() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    was_full boolean := coalesce(OLD.reserved >= OLD.capacity, false);
    is_full boolean := coalesce(NEW.reserved >= NEW.capacity, false);
    can_be_booked boolean := NEW.is_open AND NEW.booking_cutoff_at > now();
BEGIN
    IF greatest(OLD.ends_at, NEW.ends_at) <= now() THEN
        RETURN NULL;
    END IF;
    IF (NEW.local_date, NEW.starts_at, NEW.ends_at, NEW.opening_hours)
       <> (OLD.local_date, OLD.starts_at, OLD.ends_at, OLD.opening_hours)
       OR (NEW.start_time, NEW.fold) IS DISTINCT FROM (OLD.start_time, OLD.fold) THEN
        PERFORM events_record_of_departure('departure.moved', NEW, jsonb_build_object(
            'before', jsonb_build_object(
                'localDate', OLD.local_date, 'localTime', OLD.start_time,
                'startsAt', OLD.starts_at, 'endsAt', OLD.ends_at)));
    END IF;
    IF NEW.is_open <> OLD.is_open THEN
        PERFORM events_record_of_departure(
            CASE WHEN NEW.is_open THEN 'departure.opened' ELSE 'departure.closed' END, NEW, '{}');
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
CREATE TRIGGER events_record_departure AFTER UPDATE ON catalog_departure
   FOR EACH ROW WHEN (
       (OLD.reserved >= OLD.capacity) IS DISTINCT FROM (NEW.reserved >= NEW.capacity)
       OR OLD.is_open <> NEW.is_open
       OR OLD.capacity IS DISTINCT FROM NEW.capacity
       OR OLD.starts_at <> NEW.starts_at OR OLD.ends_at <> NEW.ends_at
       OR OLD.local_date <> NEW.local_date OR OLD.fold <> NEW.fold
       OR OLD.start_time IS DISTINCT FROM NEW.start_time
       OR OLD.opening_hours <> NEW.opening_hours)
   EXECUTE FUNCTION events_record_departure();

-- Staff cancel departures as a whole; where their guests are moved instead, it says to which.
CREATE FUNCTION events_record_disrupted_departure() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    PERFORM events_record_of_departure(
                'departure.cancelled', departure, jsonb_strip_nulls(jsonb_build_object(
                    'guestsMoveTo', (SELECT target.availability_id FROM catalog_departure AS target
                                      WHERE target.id = NEW.target_id))))
       FROM catalog_departure AS departure
      WHERE departure.id = NEW.departure_id;
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_disrupted_departure AFTER INSERT ON disruptions_disrupteddeparture
   FOR EACH ROW EXECUTE FUNCTION events_record_disrupted_departure();

CREATE FUNCTION events_record_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    INSERT INTO events_event (partner_id, test_mode, type, api_key_id, data)
    VALUES (NEW.partner_id, NEW.is_test,
            CASE WHEN TG_OP = 'INSERT' THEN 'key.issued'
                 WHEN NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN 'key.revoked'
                 WHEN NEW.replaced_by_id IS DISTINCT FROM OLD.replaced_by_id THEN 'key.replaced'
                 ELSE 'key.changed' END,
            NEW.id, jsonb_build_object('prefix', NEW.prefix));
    RETURN NULL;
END
$function$;

CREATE TRIGGER events_record_key_issued AFTER INSERT ON partners_apikey
   FOR EACH ROW EXECUTE FUNCTION events_record_key();
CREATE TRIGGER events_record_key AFTER UPDATE ON partners_apikey
   FOR EACH ROW WHEN (
       OLD.revoked_at IS DISTINCT FROM NEW.revoked_at
       OR OLD.replaced_by_id IS DISTINCT FROM NEW.replaced_by_id
       OR OLD.expires_at IS DISTINCT FROM NEW.expires_at
       OR OLD.scopes <> NEW.scopes
       OR OLD.rate_limit_per_second IS DISTINCT FROM NEW.rate_limit_per_second)
   EXECUTE FUNCTION events_record_key();

REVOKE ALL ON FUNCTION
    events_record_of_product(text, bigint, bigint), events_record_product(),
    events_record_part_of_product(), events_record_terms(), events_record_departures(),
    events_record_of_departure(text, catalog_departure, jsonb), events_record_departure(),
    events_record_disrupted_departure(), events_record_key() FROM PUBLIC;
