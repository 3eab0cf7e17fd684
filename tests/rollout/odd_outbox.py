"""How both halves with the odd settings tell the outbox."""

OUTBOX = """
    INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
    VALUES (%(partner_id)s, false, %(type)s, %(of)s, '{}')
"""
