"""SQL fragments on a booking's row: whether it takes places, when it expires, how it is expired.

Each is the rule of ``bookings.BookingStatus`` or ``bookings.Booking`` in SQL, once for all
statements; ``tests/stores/test_one_rule_for_expiry.py`` compares the two. ``booking`` is the
alias of ``bookings_booking``, ``departure`` that of its departure, which is joined, or left NULL by
an outer join for a booking without a date. All go by the parameter ``now``.
"""

#: Source: ``BookingStatus.takes_places``.
TAKING_PLACES = "('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED')"

_EXPIRING = "('ON_HOLD', 'PENDING')"


def expires_at(booking: str, departure: str = "departure") -> str:
    """Return the SQL of the moment at which a hold or a PENDING booking expires.

    It is ``Booking.expires_at``. A hold expires at ``hold_expires_at``, and like a PENDING booking
    at its departure's booking cut-off at the latest; ``least`` ignores NULL.
    """
    return f"least({booking}.hold_expires_at, {departure}.booking_cutoff_at)"


def is_expired(booking: str, departure: str = "departure") -> str:
    """Return the SQL condition that a booking has expired, whatever status is stored.

    True for a hold that ran out, and for a hold or a PENDING booking past the booking cut-off.
    """
    return f"{booking}.status IN {_EXPIRING} AND {expires_at(booking, departure)} <= %(now)s"


def is_live(booking: str) -> str:
    """Return the SQL condition of a live booking: CONFIRMED, or a hold or PENDING, not expired."""
    return f"""({booking}.status = 'CONFIRMED'
        OR {booking}.status IN {_EXPIRING} AND {expires_at(booking)} > %(now)s)"""


def has_run_out(booking: str) -> str:
    """Return the SQL condition that a hold is past its own expiry; an index finds these holds.

    The booking cut-off of the departure is not looked at.
    """
    return f"{booking}.status = 'ON_HOLD' AND {booking}.hold_expires_at <= %(now)s"


def is_running(booking: str) -> str:
    """Return the SQL condition that a hold is before its own expiry.

    The booking cut-off of the departure is not looked at.
    """
    return f"{booking}.status = 'ON_HOLD' AND {booking}.hold_expires_at > %(now)s"


def expired_on(departure: str, aggregate: str) -> str:
    """Return the SQL of an aggregate over the expired bookings of a departure, aliased ``hold``.

    Before the cut-off these are holds only, which the index ``booking_hold_of_departure`` finds
    without a look at other bookings of the departure, or at holds of other departures.
    """
    return f"""
       CASE WHEN {departure}.booking_cutoff_at > %(now)s
            THEN (SELECT {aggregate} FROM bookings_booking AS hold
                   WHERE hold.departure_id = {departure}.id AND {has_run_out("hold")})
            ELSE (SELECT {aggregate} FROM bookings_booking AS hold
                   WHERE hold.departure_id = {departure}.id
                     AND {is_expired("hold", departure)}) END"""


#: The places that bookings ``hold`` take of the live stock.
LIVE_PLACES = "coalesce(sum(hold.places) FILTER (WHERE NOT hold.test_mode), 0)::bigint"

#: ``Booking.expire`` for the rows ``expired`` (id, expires_at), with an event for each: two CTEs,
#: of which ``ended`` returns what became of the rows.
EXPIRE = """
ended AS (
     UPDATE bookings_booking AS booking
        SET status = CASE booking.status WHEN 'ON_HOLD' THEN 'EXPIRED' ELSE 'REJECTED' END,
            hold_expires_at = CASE booking.status WHEN 'ON_HOLD' THEN expired.expires_at END,
            updated_at = %(now)s
       FROM expired
      WHERE booking.id = expired.id
  RETURNING booking.partner_id, booking.uuid, booking.places, booking.status,
            booking.test_mode),
recorded AS (
     INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
     SELECT partner_id, test_mode,
            CASE status WHEN 'EXPIRED' THEN 'booking.expired' ELSE 'booking.rejected' END,
            uuid,
            CASE status WHEN 'EXPIRED' THEN '{"status": "EXPIRED"}'::jsonb
                        ELSE '{"status": "REJECTED", "cause": "cutoff"}'::jsonb END
       FROM ended)
"""
