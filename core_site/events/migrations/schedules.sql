-- Replaces the function of catalogue.sql: which events of a product this transaction has written.
--
-- Those have no position before its commit. Without that condition an event of weeks ago might pass
-- for one of them: transaction ids begin anew in a cluster into which a dump was restored. And the
-- search reads the few events that wait, not each of the type in the log.
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
            WHERE earlier.position IS NULL
              AND earlier.transaction_id = pg_current_xact_id()::text::bigint
              AND earlier.type = kind AND earlier.product_id = of_product
              AND (earlier.partner_id IS NULL OR earlier.partner_id = of_partner));
END
$function$;

-- A product shows the local start times of its active schedules (availabilityLocalStartTimes).
-- What else a schedule holds, partners see of its departures only.
CREATE FUNCTION events_record_schedule() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    before time[] := CASE WHEN TG_OP <> 'INSERT' AND OLD.is_active THEN OLD.start_times END;
    after time[] := CASE WHEN TG_OP <> 'DELETE' AND NEW.is_active THEN NEW.start_times END;
BEGIN
    IF coalesce(before, '{}') <> coalesce(after, '{}') THEN
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
