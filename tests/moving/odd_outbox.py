"""How both halves of the odd site tell the outbox."""

OUTBOX = """
    INSERT INTO events_event (partner_id, type, booking_uuid, data)
    VALUES (%(partner_id)s, %(type)s, %(of)s, '{}')
"""
