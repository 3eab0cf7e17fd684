"""Bring what was stored within the limits that numbers and codes have from now on."""

from django.db import migrations

#: Columns with a highest value, the lower end of a range before its upper one.
HIGHEST = [
    ("catalog_product", "tax_basis_points", 10_000),
    ("catalog_option", "min_units", 1_000),
    ("catalog_option", "max_units", 1_000),
    ("catalog_unit", "min_age", 150),
    ("catalog_unit", "max_age", 150),
    ("catalog_unit", "min_quantity", 1_000),
    ("catalog_unit", "max_quantity", 1_000),
    ("catalog_unit", "pax_count", 1_000),
    ("catalog_schedule", "duration_minutes", 527_040),
    ("catalog_schedule", "booking_cutoff_minutes", 527_040),
    ("catalog_schedule", "capacity", 10_000_000),
    ("catalog_schedule", "max_units", 1_000),
    ("catalog_departure", "max_units", 1_000),
]

#: Columns of one code: what cannot be read becomes the column's default.
CODES = [
    ("catalog_product", "availability_type", ("START_TIME", "OPENING_HOURS")),
    ("catalog_product", "redemption_method", ("DIGITAL", "PRINT", "MANIFEST")),
    ("catalog_product", "pricing_per", ("UNIT", "BOOKING")),
    ("catalog_option", "cancellation_cutoff_unit", ("hour", "minute", "day")),
    (
        "catalog_unit",
        "type",
        (
            "ADULT", "YOUTH", "CHILD", "INFANT", "FAMILY", "SENIOR", "STUDENT", "MILITARY", "OTHER",
        ),
    ),
]  # fmt: skip

_CONTACT = (
    "firstName", "lastName", "emailAddress", "phoneNumber", "country", "notes", "locales",
    "postalCode",
)  # fmt: skip

#: Columns of several codes, and what they hold when none of theirs can be read.
LISTS = [
    ("catalog_product", "delivery_formats", ("QRCODE", "CODE128", "AZTECCODE"), "{QRCODE}"),
    ("catalog_product", "delivery_methods", ("VOUCHER", "TICKET"), "{VOUCHER}"),
    ("catalog_option", "required_contact_fields", _CONTACT, "{}"),
    ("catalog_unit", "required_contact_fields", _CONTACT, "{}"),
]

# A cut-off longer than anything can be booked ahead was the only way to say "never".
NEVER_CANCELLED = """
UPDATE catalog_option
   SET cancellation_policy = 'NEVER',
       cancellation_cutoff_amount = CASE cancellation_cutoff_unit
           WHEN 'minute' THEN 527040 WHEN 'hour' THEN 8784 ELSE 366 END
 WHERE cancellation_cutoff_amount > CASE cancellation_cutoff_unit
           WHEN 'minute' THEN 527040 WHEN 'hour' THEN 8784 ELSE 366 END
"""

# Never below what is taken.
CAPACITIES = """
UPDATE catalog_departure SET capacity = greatest(10000000, reserved) WHERE capacity > 10000000
"""

DURATIONS = "UPDATE catalog_schedule SET duration_minutes = 1 WHERE duration_minutes < 1"

# A schedule of days that do not exist never ran, and does not begin to now.
SCHEDULES_OF_NO_DAY = """
UPDATE catalog_schedule SET is_active = false, weekdays = '{1,2,3,4,5,6,7}'
 WHERE NOT weekdays && '{1,2,3,4,5,6,7}'::smallint[]
"""

WEEKDAYS = """
UPDATE catalog_schedule
   SET weekdays = ARRAY(SELECT DISTINCT day FROM unnest(weekdays) AS day
                         WHERE day BETWEEN 1 AND 7 ORDER BY day)
 WHERE NOT weekdays <@ '{1,2,3,4,5,6,7}'::smallint[] OR cardinality(weekdays) > 7
"""

LONG_LISTS = [
    "UPDATE catalog_schedule SET start_times = start_times[1:96] WHERE cardinality(start_times) > 96",
    "UPDATE catalog_unit SET accompanied_by = accompanied_by[1:50]"
    " WHERE cardinality(accompanied_by) > 50",
    "UPDATE catalog_product"
    " SET available_currencies = array_prepend(default_currency,"
    " (array_remove(available_currencies, default_currency))[1:49])"
    " WHERE cardinality(available_currencies) > 50",
]

# Of prices that become the same, the one that won before stays: it wins wherever the others held.
SAME_PRICES = """
DELETE FROM catalog_price AS price
 USING (SELECT id, row_number() OVER (
                     PARTITION BY option_id, unit_id, currency,
                                  greatest(least(season_start, '2199-12-31'), '2000-01-01'),
                                  season_start IS NULL,
                                  greatest(least(season_end, '2199-12-31'), '2000-01-01'),
                                  season_end IS NULL
                         ORDER BY season_start DESC NULLS LAST, season_end NULLS LAST) AS place
          FROM catalog_price) AS clamped
 WHERE price.id = clamped.id AND clamped.place > 1
"""

SEASONS = [
    f"UPDATE {table} SET season_start = greatest(least(season_start, '2199-12-31'), '2000-01-01'),"
    " season_end = greatest(least(season_end, '2199-12-31'), '2000-01-01')"
    " WHERE season_start IS NOT NULL AND season_end IS NOT NULL"
    " AND (season_start NOT BETWEEN '2000-01-01' AND '2199-12-31'"
    " OR season_end NOT BETWEEN '2000-01-01' AND '2199-12-31')"
    for table in ("catalog_price", "catalog_schedule")
] + [
    f"UPDATE {table} SET {column} = greatest(least({column}, '2199-12-31'), '2000-01-01')"
    f" WHERE {column} NOT BETWEEN '2000-01-01' AND '2199-12-31'"
    for table in ("catalog_price", "catalog_schedule")
    for column in ("season_start", "season_end")
]  # fmt: skip


def within_limits(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(NEVER_CANCELLED)
        for table, column, highest in HIGHEST:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE {column} > %s", [highest, highest]
            )
        for table, column, known in CODES:
            cursor.execute(
                f"UPDATE {table} SET {column} = %s WHERE {column} <> ALL(%s)",
                [known[0], list(known)],
            )
        for table, column, known, fallback in LISTS:
            cursor.execute(
                f"UPDATE {table} SET {column} = coalesce(nullif(ARRAY("
                f"SELECT DISTINCT code FROM unnest({column}) AS code WHERE code = ANY(%s)"
                f"), '{{}}'), %s::varchar[])"
                f" WHERE NOT {column} <@ %s::varchar[] OR cardinality({column}) > %s",
                [list(known), fallback, list(known), len(known)],
            )
        for statement in (CAPACITIES, DURATIONS, SCHEDULES_OF_NO_DAY, WEEKDAYS, *LONG_LISTS):
            cursor.execute(statement)
        for statement in (SAME_PRICES, *SEASONS):
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_limits_of_numbers")]

    operations = [migrations.RunPython(within_limits, migrations.RunPython.noop)]
