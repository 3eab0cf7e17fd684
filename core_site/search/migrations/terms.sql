-- The terms of a booking and the triggers that keep them; see core_site/search/README.md.
--
-- A term begins with a letter for its kind:
--   n  a word of a name, or a whole e-mail address
--   f  the digits of a telephone number
--   p  the same digits from the last to the first: "912 345 678" finds "+351 912 345 678"
--   r  the reseller's reference, the only one that is no personal data

-- All of this is plpgsql, which keeps its plans: a reservation waits for it.

-- The words of a text, folded. A hyphen or an apostrophe parts two words.
CREATE FUNCTION search_words(written text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $function$
BEGIN
    RETURN string_to_array(btrim(regexp_replace(
        search_fold(left(written, 300)),
        '[\s\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00BF\u02B0-\u02FF'
        '\u2010-\u205F\u3000-\u3003\u3008-\u3011\u30FB]+', ' ', 'g')), ' ');
END
$function$;

-- A reference without blanks and punctuation: "TRV-1 a" is "trv1a".
CREATE FUNCTION search_reference(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $function$
BEGIN
    RETURN coalesce(nullif(array_to_string(search_words(written), ''), ''),
                    search_fold(btrim(written)));
END
$function$;

-- The digits of a telephone number without the zeros before it, with which nations begin theirs.
CREATE FUNCTION search_digits(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $function$
BEGIN
    RETURN left(ltrim(regexp_replace(
        regexp_replace(written, '\(0\)|\s*ext\..*$', '', 'g'), '[^0-9]', '', 'g'), '0'), 40);
END
$function$;

-- The terms of a reference and of contacts. A hostile partner's booking of 1,000 tickets, each with
-- the longest of names, must not grow beyond what a tsvector holds: 2,000 terms of 100 letters.
CREATE FUNCTION search_terms(reference text, contacts jsonb[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $function$
DECLARE
    found text[] := '{}';
    contact jsonb;
    field text;
    written text;
    digits text;
BEGIN
    IF reference <> '' THEN
        found := found || ('r' || search_reference(reference));
    END IF;
    FOREACH contact IN ARRAY contacts LOOP
        CONTINUE WHEN contact = '{}';
        EXIT WHEN cardinality(found) > 2000;
        FOREACH field IN ARRAY ARRAY['fullName', 'firstName', 'lastName'] LOOP
            written := contact ->> field;
            CONTINUE WHEN written IS NULL;
            found := found || array_remove(
                string_to_array('n' || array_to_string(search_words(written), ',n'), ','), 'n');
            -- Joined as well: "O'Brien" is found by "obrien", "Jean-Luc" by "jeanluc".
            IF written ~ '[''’ʼ‘-]' THEN
                written := regexp_replace(written, '[''’ʼ‘-]', '', 'g');
                found := found || array_remove(
                    string_to_array('n' || array_to_string(search_words(written), ',n'), ','), 'n');
            END IF;
        END LOOP;
        written := contact ->> 'emailAddress';
        IF written <> '' THEN
            found := found || ('n' || search_fold(left(written, 100)));
        END IF;
        digits := search_digits(contact ->> 'phoneNumber');
        IF length(digits) >= 3 THEN
            found := found || ('f' || digits) || ('p' || reverse(digits));
        END IF;
    END LOOP;
    RETURN coalesce(
        array_to_tsvector(ARRAY(SELECT left(term, 100) FROM unnest(found) AS term LIMIT 2000)), '');
END
$function$;

-- What finds the terms that begin with a typed text: all of its words, or the whole of it as an
-- e-mail address, a telephone number or a reference. NULL when there is nothing to look for.
-- `telephones` are ways to write the digits when the text may be a number.
CREATE FUNCTION search_query(typed text, telephones text[], with_guests boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $function$
DECLARE
    whole text := search_fold(typed);
    -- One Latin letter beside other words would be looked up among a tenth of all names.
    words text[] := ARRAY(SELECT word FROM unnest(search_words(typed)) AS word
                           WHERE octet_length(word) > 1 LIMIT 10);
    ways text[] := '{}';
    reference text := search_reference(typed);
BEGIN
    IF length(reference) > 1 AND whole !~ '@' THEN
        ways := ways || search_prefix('r' || reference);
    END IF;
    IF with_guests THEN
        IF whole !~ '@' AND words <> '{}' THEN
            ways := ways || ARRAY(SELECT string_agg(search_prefix('n' || word), ' & ')
                                    FROM unnest(words) AS word);
        END IF;
        IF whole ~ '^[^\s]{2,}$' THEN
            ways := ways || search_prefix('n' || whole);
        END IF;
        ways := ways
            || ARRAY(SELECT search_prefix('f' || digits) FROM unnest(telephones) AS digits)
            || ARRAY(SELECT search_prefix('p' || reverse(digits)) FROM unnest(telephones) AS digits);
    END IF;
    RETURN nullif(array_to_string(ways, ' | '), '')::tsquery;
END
$function$;

-- A tsquery that finds the terms which begin with a text, whatever characters it is made of.
CREATE FUNCTION search_prefix(beginning text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT '''' || replace(replace(left(beginning, 100), '\', '\\'), '''', '''''') || ''':*'
$function$;

-- Write the terms of one booking. SECURITY DEFINER: the edge writes bookings, and may not read what
-- staff search by.
CREATE FUNCTION search_write_terms(written bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    INSERT INTO search_bookingterms AS old (booking_id, day, terms)
    SELECT booking.id,
           -- A booking for any day comes behind those that have one.
           coalesce((SELECT local_date FROM catalog_departure AS departure
                      WHERE departure.id = booking.departure_id), '9999-12-31'),
           search_terms(
               booking.reseller_reference,
               ARRAY[booking.contact]
               || ARRAY(SELECT item.contact
                          FROM bookings_unititem AS item
                         WHERE item.booking_id = booking.id AND item.contact <> '{}'
                         ORDER BY item.position))
      FROM bookings_booking AS booking
     WHERE booking.id = written
        ON CONFLICT (booking_id) DO UPDATE SET day = excluded.day, terms = excluded.terms
     WHERE old.day <> excluded.day OR old.terms <> excluded.terms;
END
$function$;
REVOKE ALL ON FUNCTION search_write_terms(bigint) FROM PUBLIC;

CREATE FUNCTION search_follow_booking() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM search_bookingterms WHERE booking_id = OLD.id;
    ELSE
        PERFORM search_write_terms(NEW.id);
    END IF;
    RETURN NULL;
END
$function$;

CREATE TRIGGER search_follow_new AFTER INSERT OR DELETE ON bookings_booking
   FOR EACH ROW EXECUTE FUNCTION search_follow_booking();

CREATE TRIGGER search_follow_change
 AFTER UPDATE OF contact, departure_id, reseller_reference ON bookings_booking
   FOR EACH ROW
  WHEN (OLD.contact IS DISTINCT FROM NEW.contact
        OR OLD.departure_id IS DISTINCT FROM NEW.departure_id
        OR OLD.reseller_reference IS DISTINCT FROM NEW.reseller_reference)
EXECUTE FUNCTION search_follow_booking();

-- For each statement and not for each ticket: a booking of 1,000 is read once.
CREATE FUNCTION search_follow_tickets() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    changed bigint[];
    one bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        changed := ARRAY(SELECT DISTINCT after.booking_id
                           FROM before JOIN after USING (id)
                          WHERE before.contact <> after.contact ORDER BY 1);
    ELSIF TG_OP = 'INSERT' THEN
        changed := ARRAY(SELECT DISTINCT booking_id FROM after
                          WHERE contact <> '{}' ORDER BY 1);
    ELSE
        changed := ARRAY(SELECT DISTINCT booking_id FROM before
                          WHERE contact <> '{}' ORDER BY 1);
    END IF;
    FOREACH one IN ARRAY changed LOOP
        PERFORM search_write_terms(one);
    END LOOP;
    RETURN NULL;
END
$function$;

CREATE TRIGGER search_follow_new AFTER INSERT ON bookings_unititem
REFERENCING NEW TABLE AS after
   FOR EACH STATEMENT EXECUTE FUNCTION search_follow_tickets();

CREATE TRIGGER search_follow_change AFTER UPDATE ON bookings_unititem
REFERENCING OLD TABLE AS before NEW TABLE AS after
   FOR EACH STATEMENT EXECUTE FUNCTION search_follow_tickets();

CREATE TRIGGER search_follow_removal AFTER DELETE ON bookings_unititem
REFERENCING OLD TABLE AS before
   FOR EACH STATEMENT EXECUTE FUNCTION search_follow_tickets();

CREATE FUNCTION search_follow_departure() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $function$
BEGIN
    UPDATE search_bookingterms
       SET day = NEW.local_date
     WHERE booking_id IN (SELECT id FROM bookings_booking WHERE departure_id = NEW.id);
    RETURN NULL;
END
$function$;

CREATE TRIGGER search_follow_move AFTER UPDATE OF local_date ON catalog_departure
   FOR EACH ROW WHEN (OLD.local_date <> NEW.local_date)
EXECUTE FUNCTION search_follow_departure();
