"""``endpoints_effects`` and ``endpoints_crossed`` tell of recent requests, and no secrets.

Both read with the rights of their owner. A role that knew the id of a request, of whatever age, saw
every column of each row that it wrote. Now a request is told for five minutes, and of a row only
the columns that the session's role may read or insert itself.
"""

from importlib import import_module

from django.db import migrations

_earlier = "core_site.rollout.migrations"
EFFECTS = import_module(f"{_earlier}.0008_effects_of_touched_tables").EFFECTS
CROSSED = import_module(f"{_earlier}.0004_crossing_writes").CROSSED

_OF_REQUEST = "WHERE id = of_request OR metadata->>'request_id' = of_request::text;"
_RECENT = """WHERE (id = of_request OR metadata->>'request_id' = of_request::text)
       AND created_at > now() - interval '5 minutes';"""
_TOLD = "found := found || part;"
_TOLD_WITHIN_RIGHTS = "found := found || endpoints_within_rights(part);"

WITHIN_RIGHTS = """
CREATE FUNCTION endpoints_within_rights(effects jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $function$
    SELECT jsonb_agg(CASE jsonb_typeof(effect->'row')
               WHEN 'object' THEN effect || jsonb_build_object('row', (effect->'row') - names)
               ELSE effect END ORDER BY place)
      FROM jsonb_array_elements(effects) WITH ORDINALITY AS told (effect, place),
           (SELECT coalesce(array_agg(attname::text), '{}') AS names
              FROM pg_attribute
             WHERE attrelid = to_regclass(effects->0->>'table') AND attnum > 0
               AND NOT attisdropped
               AND NOT has_column_privilege(session_user, attrelid, attnum, 'SELECT')
               AND NOT has_column_privilege(session_user, attrelid, attnum, 'INSERT')) AS hidden
$function$;
REVOKE ALL ON FUNCTION endpoints_within_rights(jsonb) FROM PUBLIC;
"""


def _again(function: str) -> str:
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


EFFECTS_NOW = (
    _again(EFFECTS).replace(_OF_REQUEST, _RECENT).replace(_TOLD, _TOLD_WITHIN_RIGHTS)
)
CROSSED_NOW = _again(CROSSED).replace(_OF_REQUEST, _RECENT)


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0008_effects_of_touched_tables")]

    operations = [
        migrations.RunSQL(WITHIN_RIGHTS, "DROP FUNCTION endpoints_within_rights(jsonb)"),
        migrations.RunSQL(EFFECTS_NOW, _again(EFFECTS)),
        migrations.RunSQL(CROSSED_NOW, _again(CROSSED)),
    ]
