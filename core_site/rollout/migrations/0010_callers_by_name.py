"""Callers are known by name, several Djangos are told apart, and no other app's tables are needed.

Pins were a foreign key to partners, and comparisons held a partner's number. Both become text, with
the number as the name. Releases before this one go on writing numbers, which PostgreSQL assigns to
text, and read them back as such. A project without history has no effects to compare:
``endpoints_effects`` says NULL there.
"""

from importlib import import_module

from django.db import migrations, models

# Where 0001 was applied while pins still were a foreign key. Its index goes with it: the unique
# one on endpoint and partner is what pins are found by.
UNTIE = """
DO $do$
DECLARE
    tied record;
BEGIN
    FOR tied IN
        SELECT format('ALTER TABLE endpoints_pin DROP CONSTRAINT %I', c.conname) AS statement
          FROM pg_constraint c
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.conrelid = 'endpoints_pin'::regclass AND c.contype = 'f'
           AND a.attname = 'partner_id'
         UNION ALL
        SELECT format('DROP INDEX %I', i.indexrelid::regclass::text)
          FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = 'endpoints_pin'::regclass AND NOT i.indisunique
           AND i.indnatts = 1 AND a.attname = 'partner_id'
    LOOP
        EXECUTE tied.statement;
    END LOOP;
END
$do$;
"""

_WITHIN_RIGHTS = import_module("core_site.rollout.migrations.0009_effects_within_rights")
_BEGIN = "BEGIN\n    SELECT array_agg(id) INTO contexts"
_WITHOUT_HISTORY = """BEGIN
    IF to_regclass('public.pghistory_context') IS NULL THEN
        RETURN {nothing};
    END IF;
    SELECT array_agg(id) INTO contexts"""


def _guarded(function: str, nothing: str) -> str:
    return function.replace(_BEGIN, _WITHOUT_HISTORY.format(nothing=nothing))


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0009_effects_within_rights")]

    operations = [
        migrations.RunSQL(UNTIE, migrations.RunSQL.noop),
        migrations.AlterField("pin", "partner_id", models.CharField(max_length=200)),
        migrations.AlterField(
            "paritycheck", "partner_id", models.CharField(max_length=200, null=True)
        ),
        migrations.AddField(
            "endpoint", "site", models.CharField(max_length=100, default="", db_default="")
        ),
        migrations.RunSQL(
            _guarded(_WITHIN_RIGHTS.EFFECTS_NOW, "NULL"), _WITHIN_RIGHTS.EFFECTS_NOW
        ),
        migrations.RunSQL(
            _guarded(_WITHIN_RIGHTS.CROSSED_NOW, "false"), _WITHIN_RIGHTS.CROSSED_NOW
        ),
    ]
