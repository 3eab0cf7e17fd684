-- Which bookings count in the roll-up of sales, and the triggers that note what changes of them.

-- What one booking adds to its day of sale and to the month of its statement; no row for one that
-- is in neither. `travels` is its local day, NULL without a departure. The statements' lines go by
-- the same conditions (shared_domain/statements/sql_store.py).
CREATE FUNCTION sales_rollup_parts(booking bookings_booking, travels date)
RETURNS TABLE (
    sale_date date, month date,
    sold_bookings integer, sold_cancelled integer, sold_retail_minor bigint, sold_net_minor bigint,
    owed_bookings integer, owed_net_minor bigint, owed_minor bigint)
LANGUAGE sql IMMUTABLE AS $function$
    SELECT CASE WHEN is_sold THEN booking.sale_date END,
           CASE WHEN is_billed
                THEN date_trunc('month', coalesce(travels, booking.sale_date)::timestamp)::date END,
           is_sold::integer,
           (is_sold AND booking.status = 'CANCELLED')::integer,
           CASE WHEN is_sold
                THEN booking.retail_minor - coalesce(booking.refund_retail_minor, 0) ELSE 0 END,
           CASE WHEN is_sold
                THEN booking.net_minor - coalesce(booking.refund_net_minor, 0) ELSE 0 END,
           is_billed::integer,
           CASE WHEN is_billed THEN booking.net_minor ELSE 0 END,
           CASE WHEN is_billed
                THEN booking.net_minor - coalesce(booking.refund_net_minor, 0) ELSE 0 END
      FROM (SELECT booking.confirmed_at IS NOT NULL AND booking.sale_date IS NOT NULL AS is_sold,
                   (booking.status IN ('CONFIRMED', 'REDEEMED')
                    OR booking.status = 'CANCELLED'
                       AND (booking.confirmed_at IS NOT NULL
                            OR booking.cancellation_refund IN ('NONE', 'PARTIAL')))
                   AND (travels IS NOT NULL OR booking.sale_date IS NOT NULL) AS is_billed) AS rule
     WHERE NOT booking.test_mode AND (is_sold OR is_billed)
$function$;

-- Note what a change of a booking takes off and adds. SECURITY DEFINER: the edge writes bookings,
-- and has no right on the roll-up.
CREATE FUNCTION sales_rollup_note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    travelled date;
    travels date;
BEGIN
    -- The lock lets no other session move the departure to another day until this transaction ends;
    -- one that does so at this moment is waited for, and its day is read. See
    -- sales_rollup_note_move(). Reservations of the same departure are not held up.
    IF NEW.departure_id IS NOT NULL THEN
        SELECT local_date INTO travels FROM catalog_departure
         WHERE id = NEW.departure_id FOR KEY SHARE;
    END IF;
    IF OLD.departure_id = NEW.departure_id THEN
        travelled := travels;
    ELSIF OLD.departure_id IS NOT NULL THEN
        SELECT local_date INTO travelled FROM catalog_departure
         WHERE id = OLD.departure_id FOR KEY SHARE;
    END IF;
    INSERT INTO sales_rollup_salechange
           (partner_id, product_id, currency, sale_date, month,
            sold_bookings, sold_cancelled, sold_retail_minor, sold_net_minor,
            owed_bookings, owed_net_minor, owed_minor)
    SELECT partner_id, product_id, currency, sale_date, month,
           sum(sign * sold_bookings), sum(sign * sold_cancelled),
           sum(sign * sold_retail_minor), sum(sign * sold_net_minor),
           sum(sign * owed_bookings), sum(sign * owed_net_minor), sum(sign * owed_minor)
      FROM (SELECT 1 AS sign, NEW.partner_id, NEW.product_id, NEW.currency, part.*
              FROM sales_rollup_parts(NEW, travels) AS part
            UNION ALL
            SELECT -1, OLD.partner_id, OLD.product_id, OLD.currency, part.*
              FROM sales_rollup_parts(OLD, travelled) AS part) AS side
     GROUP BY partner_id, product_id, currency, sale_date, month
    HAVING (sum(sign * sold_bookings), sum(sign * sold_cancelled),
            sum(sign * sold_retail_minor), sum(sign * sold_net_minor),
            sum(sign * owed_bookings), sum(sign * owed_net_minor), sum(sign * owed_minor))
           <> (0, 0, 0, 0, 0, 0, 0);
    RETURN NULL;
END
$function$;

-- Only changes of what counts call it: a reservation, a hold that lapses and a redemption do not.
CREATE TRIGGER sales_rollup_note_new AFTER INSERT ON bookings_booking
   FOR EACH ROW
  WHEN (NOT NEW.test_mode AND (NEW.confirmed_at IS NOT NULL OR NEW.status = 'CANCELLED'))
EXECUTE FUNCTION sales_rollup_note_change();

CREATE TRIGGER sales_rollup_note_removal AFTER DELETE ON bookings_booking
   FOR EACH ROW
  WHEN (NOT OLD.test_mode AND (OLD.confirmed_at IS NOT NULL OR OLD.status = 'CANCELLED'))
EXECUTE FUNCTION sales_rollup_note_change();

CREATE TRIGGER sales_rollup_note_change AFTER UPDATE ON bookings_booking
   FOR EACH ROW
  WHEN ((OLD.confirmed_at IS NOT NULL OR OLD.status = 'CANCELLED'
         OR NEW.confirmed_at IS NOT NULL OR NEW.status = 'CANCELLED')
        AND (OLD.partner_id, OLD.product_id, OLD.departure_id, OLD.test_mode, OLD.status,
             OLD.sale_date, OLD.confirmed_at IS NULL, OLD.cancellation_refund, OLD.currency,
             OLD.retail_minor, OLD.refund_retail_minor, OLD.net_minor, OLD.refund_net_minor)
            IS DISTINCT FROM
            (NEW.partner_id, NEW.product_id, NEW.departure_id, NEW.test_mode, NEW.status,
             NEW.sale_date, NEW.confirmed_at IS NULL, NEW.cancellation_refund, NEW.currency,
             NEW.retail_minor, NEW.refund_retail_minor, NEW.net_minor, NEW.refund_net_minor))
EXECUTE FUNCTION sales_rollup_note_change();

-- Note what a departure that moves to another month takes out of one statement and adds to another.
-- The update has locked the departure's key, so bookings that changed at the same moment have
-- committed, and the query, whose snapshot is newer, sees them.
CREATE FUNCTION sales_rollup_note_move() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    INSERT INTO sales_rollup_salechange
           (partner_id, product_id, currency, sale_date, month,
            sold_bookings, sold_cancelled, sold_retail_minor, sold_net_minor,
            owed_bookings, owed_net_minor, owed_minor)
    SELECT booking.partner_id, booking.product_id, booking.currency, NULL, part.month, 0, 0, 0, 0,
           sum(side.sign * part.owed_bookings), sum(side.sign * part.owed_net_minor),
           sum(side.sign * part.owed_minor)
      FROM bookings_booking AS booking,
           (VALUES (1, NEW.local_date), (-1, OLD.local_date)) AS side (sign, travels),
           sales_rollup_parts(booking, side.travels) AS part
     WHERE booking.departure_id = NEW.id AND part.month IS NOT NULL
     GROUP BY booking.partner_id, booking.product_id, booking.currency, part.month;
    RETURN NULL;
END
$function$;

CREATE TRIGGER sales_rollup_note_move AFTER UPDATE OF local_date ON catalog_departure
   FOR EACH ROW
  WHEN (date_trunc('month', OLD.local_date::timestamp)
        <> date_trunc('month', NEW.local_date::timestamp))
EXECUTE FUNCTION sales_rollup_note_move();

REVOKE ALL ON FUNCTION sales_rollup_note_change(), sales_rollup_note_move() FROM PUBLIC;
