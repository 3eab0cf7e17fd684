"""The registry of endpoints and the evidence about them: tables, triggers and functions.

A project without history and outbox (``core_site.events``) has no effects to compare:
``endpoints_effects`` says NULL there.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.apps import apps
from django.db import migrations, models

# SECURITY DEFINER, here and below: the edge may see what one request wrote without the right to
# read every table. Source of pg_stat_get_xact_tuples_inserted: PostgreSQL's manual, "The
# Cumulative Statistics System".
EFFECTS = """
CREATE FUNCTION endpoints_effects(of_request uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    contexts uuid[];
    history record;
    part jsonb;
    writers bigint[];
    transactions bigint[] := '{}';
    found jsonb := '[]';
    is_within boolean := pg_current_xact_id_if_assigned() IS NOT NULL;
    epoch bigint := (pg_snapshot_xmax(pg_current_snapshot())::text::bigint >> 32) << 32;
BEGIN
    IF to_regclass('public.pghistory_context') IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(id) INTO contexts
      FROM pghistory_context
     WHERE (id = of_request OR metadata->>'request_id' = of_request::text)
       AND created_at > now() - interval '5 minutes';
    IF contexts IS NULL THEN
        RETURN found;
    END IF;
    FOR history IN
        SELECT events.relname AS events, rows.relname AS rows, key.attname AS key
          FROM pg_class events
          JOIN pg_attribute context
            ON context.attrelid = events.oid AND context.attname = 'pgh_context_id'
          JOIN pg_class rows
            ON rows.relnamespace = events.relnamespace
           AND rows.relname = regexp_replace(events.relname, 'event$', '')
          JOIN pg_index is_key ON is_key.indrelid = rows.oid AND is_key.indisprimary
          JOIN pg_attribute key ON key.attrelid = rows.oid AND key.attnum = is_key.indkey[0]
         WHERE events.relkind = 'r' AND events.relnamespace = 'public'::regnamespace
           AND (NOT is_within OR pg_stat_get_xact_tuples_inserted(events.oid) > 0)
         ORDER BY events.relname
    LOOP
        EXECUTE format(
            'SELECT jsonb_agg(jsonb_build_object('
            '           ''table'', %L::text, ''action'', h.pgh_label, ''row'', to_jsonb(r),'
            '           ''is_superseded'', EXISTS (SELECT FROM %I later'
            '               WHERE later.pgh_obj_id = h.pgh_obj_id AND later.pgh_id > h.pgh_id'
            '                 AND later.pgh_context_id IS DISTINCT FROM h.pgh_context_id)'
            '       ) ORDER BY h.pgh_id), array_agg(DISTINCT h.xmin::text::bigint)'
            '  FROM %I h LEFT JOIN %I r ON r.%I = h.pgh_obj_id'
            ' WHERE h.pgh_context_id = ANY ($1)',
            history.rows, history.events, history.events, history.rows, history.key
        ) INTO part, writers USING contexts;
        IF part IS NOT NULL THEN
            found := found || endpoints_within_rights(part);
            transactions := transactions || writers;
        END IF;
    END LOOP;
    SELECT jsonb_agg(jsonb_build_object(
               'table', 'events_event', 'action', 'insert', 'is_superseded', false,
               'row', to_jsonb(e) - 'transaction_id' - 'position') ORDER BY e.id)
      INTO part
      FROM events_event e
     WHERE e.transaction_id = ANY (
               SELECT epoch + xid FROM unnest(transactions) AS xid
                UNION SELECT epoch - 4294967296 + xid FROM unnest(transactions) AS xid);
    RETURN found || coalesce(part, '[]');
END
$function$;
REVOKE ALL ON FUNCTION endpoints_effects(uuid) FROM PUBLIC;
"""

CROSSED = """
CREATE FUNCTION endpoints_crossed(of_request uuid, seen pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    contexts uuid[];
    history text;
    is_crossed boolean;
    next_id bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    epoch bigint := (next_id >> 32) << 32;
BEGIN
    IF to_regclass('public.pghistory_context') IS NULL THEN
        RETURN false;
    END IF;
    SELECT array_agg(id) INTO contexts
      FROM pghistory_context
     WHERE (id = of_request OR metadata->>'request_id' = of_request::text)
       AND created_at > now() - interval '5 minutes';
    IF contexts IS NULL THEN
        RETURN false;
    END IF;
    FOR history IN
        SELECT events.relname
          FROM pg_class events
          JOIN pg_attribute context
            ON context.attrelid = events.oid AND context.attname = 'pgh_context_id'
          JOIN pg_attribute object
            ON object.attrelid = events.oid AND object.attname = 'pgh_obj_id'
         WHERE events.relkind = 'r' AND events.relnamespace = 'public'::regnamespace
         ORDER BY events.relname
    LOOP
        EXECUTE format(
            'SELECT EXISTS ('
            '    SELECT FROM %1$I mine JOIN %1$I other ON other.pgh_obj_id = mine.pgh_obj_id'
            '     WHERE mine.pgh_context_id = ANY ($1)'
            '       AND (other.pgh_context_id IS NULL OR other.pgh_context_id <> ALL ($1))'
            '       AND NOT pg_visible_in_snapshot('
            '               (CASE WHEN $2 + other.xmin::text::bigint > $3'
            '                     THEN $2 - 4294967296 ELSE $2 END'
            '                + other.xmin::text::bigint)::text::xid8, $4))',
            history
        ) INTO is_crossed USING contexts, epoch, next_id, seen;
        IF is_crossed THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION endpoints_crossed(uuid, pg_snapshot) FROM PUBLIC;
"""

CHANGED_SINCE = """
CREATE FUNCTION endpoints_changed_since(tables text[], seen pg_snapshot) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $function$
DECLARE
    written record;
    has_changed boolean;
    next_id bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    epoch bigint := (next_id >> 32) << 32;
BEGIN
    FOR written IN
        SELECT coalesce(history.relname, rows.relname) AS name, history.relname IS NOT NULL AS kept,
               rows.relpages > 1000 AS is_large
          FROM pg_class rows
          LEFT JOIN pg_class history
            ON history.relnamespace = rows.relnamespace AND history.relkind = 'r'
           AND history.relname = rows.relname || 'event'
           AND EXISTS (SELECT FROM pg_attribute a
                        WHERE a.attrelid = history.oid AND a.attname = 'pgh_id')
         WHERE rows.relname = ANY (tables) AND rows.relnamespace = 'public'::regnamespace
           AND rows.relkind IN ('r', 'p')
    LOOP
        IF written.is_large AND NOT written.kept THEN
            RETURN true;
        END IF;
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM (SELECT t.xmin::text::bigint AS writer FROM %I t %s) latest'
            ' WHERE NOT pg_visible_in_snapshot('
            '           (CASE WHEN $1 + writer > $2 THEN $1 - 4294967296 ELSE $1 END + writer)'
            '           ::text::xid8, $3))',
            written.name, CASE WHEN written.kept THEN 'ORDER BY t.pgh_id DESC LIMIT 500' END
        ) INTO has_changed USING epoch, next_id, seen;
        IF has_changed THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION endpoints_changed_since(text[], pg_snapshot) FROM PUBLIC;
"""

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

#: A project without history and outbox has none of these tables.
_HAS_EFFECTS = apps.is_installed("core_site.events")

_INDEXES = [
    migrations.RunSQL(
        "CREATE INDEX context_of_request ON pghistory_context ((metadata->>'request_id'))",
        "DROP INDEX context_of_request",
    ),
    migrations.RunSQL(
        "CREATE INDEX event_by_transaction ON events_event (transaction_id, id)",
        "DROP INDEX event_by_transaction",
    ),
]


class Migration(migrations.Migration):

    replaces = [('endpoints', '0001_initial'), ('endpoints', '0002_effects'), ('endpoints', '0003_canarywrite_id'), ('endpoints', '0004_crossing_writes'), ('endpoints', '0005_delete_canarywrite'), ('endpoints', '0006_what_was_not_compared'), ('endpoints', '0007_changed_since'), ('endpoints', '0008_effects_of_touched_tables'), ('endpoints', '0009_effects_within_rights'), ('endpoints', '0010_callers_by_name'), ('endpoints', '0011_builds'), ('endpoints', '0012_edge_rolls_back_only'), ('endpoints', '0013_evidence_of_builds'), ('endpoints', '0014_guard')]

    initial = True

    dependencies = [
        *([("events", "0001_initial")] if _HAS_EFFECTS else []),
        *([("pghistory", "0007_auto_20250421_0444")] if _HAS_EFFECTS else []),
    ]

    operations = [
        migrations.CreateModel(
            name='Build',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.CharField(blank=True, default='', max_length=100)),
                ('edge', models.CharField(max_length=64)),
                ('release', models.CharField(max_length=64)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('heard_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-last_seen_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('site', 'edge', 'release'), name='build_is_one')],
            },
        ),
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('method', models.CharField(max_length=16)),
                ('path_template', models.CharField(max_length=500)),
                ('path_shape', models.CharField(max_length=500)),
                ('is_on_edge', models.BooleanField(default=False, verbose_name='on the edge')),
                ('is_on_site', models.BooleanField(default=False, verbose_name='served by Django')),
                ('site', models.CharField(db_default='', default='', max_length=100)),
                ('stage', models.CharField(choices=[('django', 'django'), ('shadow', 'shadow'), ('canary', 'canary'), ('edge', 'edge'), ('retired', 'retired')], max_length=16)),
                ('stage_since', models.DateTimeField()),
                ('percent', models.PositiveSmallIntegerField(default=0)),
                ('salt', models.CharField(max_length=32)),
                ('sample_percent', models.PositiveSmallIntegerField(default=100)),
                ('is_reverse_shadowed', models.BooleanField(default=False)),
                ('most_mismatches', models.PositiveIntegerField(default=5)),
                ('most_errors', models.PositiveIntegerField(default=3)),
                ('most_latency_ratio', models.FloatField(default=3.0)),
                ('most_tail_ratio', models.FloatField(db_default=5.0, default=5.0)),
                ('timeout_ms', models.PositiveIntegerField(db_default=1000, default=1000)),
                ('most_timeout_percent', models.PositiveSmallIntegerField(db_default=5, default=5)),
                ('guarded_calls', models.PositiveIntegerField(db_default=100, default=100)),
                ('guarded_percent', models.PositiveSmallIntegerField(db_default=5, default=5)),
                ('mismatches', models.PositiveIntegerField(default=0)),
                ('errors', models.PositiveIntegerField(default=0)),
                ('site_called_at', models.DateTimeField(null=True)),
                ('retired_calls', models.PositiveIntegerField(default=0)),
                ('self_test_at', models.DateTimeField(null=True)),
                ('self_test_passed', models.BooleanField(null=True)),
            ],
            options={
                'ordering': ['path_template', 'method'],
                'constraints': [models.UniqueConstraint(fields=('method', 'path_shape'), name='endpoint_is_one'), models.CheckConstraint(condition=models.Q(('stage__in', ['django', 'shadow', 'canary', 'edge', 'retired'])), name='endpoint_stage_known'), models.CheckConstraint(condition=models.Q(models.Q(('percent__gte', 1), ('percent__lte', 100), ('stage', 'canary')), models.Q(models.Q(('stage', 'canary'), _negated=True), ('percent', 0)), _connector='OR'), name='endpoint_percent_of_canary'), models.CheckConstraint(condition=models.Q(('sample_percent__lte', 100)), name='endpoint_sample_percent'), models.CheckConstraint(condition=models.Q(('guarded_percent__lte', 100)), name='endpoint_guarded_percent')],
            },
        ),
        migrations.CreateModel(
            name='EdgeCalls',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edge_calls', to='endpoints.endpoint')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
                ('stage_since', models.DateTimeField()),
                ('calls', models.PositiveBigIntegerField(default=0)),
                ('fell_back', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'edge calls',
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'build', 'stage_since'), name='edge_calls_are_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='GuardedClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guarded', to='endpoints.endpoint')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
                ('status_class', models.PositiveSmallIntegerField()),
                ('matched', models.IntegerField(default=0)),
                ('begun_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'guarded classes',
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'build', 'status_class'), name='guarded_class_is_one')],
            },
        ),
        migrations.CreateModel(
            name='SelfTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='self_tests', to='endpoints.endpoint')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
                ('at', models.DateTimeField()),
                ('passed', models.BooleanField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'build'), name='self_test_is_one')],
            },
        ),
        migrations.CreateModel(
            name='EndpointHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='endpoints.endpoint')),
                ('hour', models.DateTimeField()),
                ('django_calls', models.PositiveBigIntegerField(default=0)),
                ('django_errors', models.PositiveBigIntegerField(default=0)),
                ('django_ms', models.FloatField(default=0)),
                ('edge_calls', models.PositiveBigIntegerField(default=0)),
                ('edge_errors', models.PositiveBigIntegerField(default=0)),
                ('edge_ms', models.FloatField(default=0)),
                ('fell_back', models.PositiveBigIntegerField(default=0)),
                ('matched', models.PositiveBigIntegerField(default=0)),
                ('mismatched', models.PositiveBigIntegerField(default=0)),
                ('unstable', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('undecided', models.PositiveBigIntegerField(default=0)),
                ('unavailable', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('dropped', models.PositiveBigIntegerField(default=0)),
                ('too_large', models.PositiveBigIntegerField(default=0)),
                ('unreadable', models.PositiveBigIntegerField(db_default=0, default=0)),
                ('abandoned', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'ordering': ['-hour'],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'hour'), name='hour_is_one')],
            },
        ),
        migrations.CreateModel(
            name='ParityCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='endpoints.endpoint')),
                ('at', models.DateTimeField()),
                ('partner_id', models.CharField(max_length=200, null=True)),
                ('request_id', models.UUIDField()),
                ('verdict', models.CharField(max_length=16)),
                ('django_status', models.PositiveSmallIntegerField()),
                ('edge_status', models.PositiveSmallIntegerField()),
                ('django_ms', models.FloatField()),
                ('edge_ms', models.FloatField()),
                ('covers', models.TextField(db_default='', default='')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['endpoint', 'build', 'at'], name='parity_of_build'), models.Index(fields=['endpoint', 'at'], name='parity_of_endpoint'), models.Index(fields=['at'], name='parity_by_age')],
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveBigIntegerField(default=1)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('example_request_id', models.UUIDField()),
                ('example', models.JSONField()),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='differences', to='endpoints.endpoint')),
                ('path', models.TextField()),
                ('kind', models.CharField(max_length=16)),
            ],
            options={
                'ordering': ['-count', 'path'],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'path', 'kind'), name='difference_is_grouped')],
            },
        ),
        migrations.CreateModel(
            name='BuildDifference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveBigIntegerField(default=1)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('example_request_id', models.UUIDField()),
                ('example', models.JSONField()),
                ('difference', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='by_build', to='endpoints.difference')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
            ],
            options={
                'ordering': ['-count', 'difference__path'],
                'constraints': [models.UniqueConstraint(fields=('difference', 'build'), name='difference_is_grouped_by_build')],
            },
        ),
        migrations.CreateModel(
            name='Noise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='noise', to='endpoints.endpoint')),
                ('path', models.TextField()),
                ('kind', models.CharField(max_length=16)),
                ('learned_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'noise',
                'ordering': ['path'],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'path', 'kind'), name='noise_is_one')],
            },
        ),
        migrations.CreateModel(
            name='BuildNoise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('noise', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='by_build', to='endpoints.noise')),
                ('build', models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build')),
                ('learned_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'noise of builds',
                'ordering': ['noise__path'],
                'constraints': [models.UniqueConstraint(fields=('noise', 'build'), name='noise_is_one_by_build')],
            },
        ),
        migrations.CreateModel(
            name='Recording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recordings', to='endpoints.endpoint')),
                ('at', models.DateTimeField()),
                ('fingerprint', models.CharField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('target', models.TextField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.JSONField(null=True)),
                ('answer', models.JSONField(null=True)),
            ],
            options={
                'ordering': ['endpoint', 'status', 'id'],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'fingerprint'), name='recording_is_one')],
            },
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pins', to='endpoints.endpoint')),
                ('partner_id', models.CharField(max_length=200)),
                ('side', models.CharField(choices=[('django', 'django'), ('edge', 'edge')], max_length=8)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'partner_id'), name='pin_of_partner')],
            },
        ),
        migrations.CreateModel(
            name='StageChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='endpoints.endpoint')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=200)),
                ('from_stage', models.CharField(choices=[('django', 'django'), ('shadow', 'shadow'), ('canary', 'canary'), ('edge', 'edge'), ('retired', 'retired')], max_length=16)),
                ('from_percent', models.PositiveSmallIntegerField()),
                ('to_stage', models.CharField(choices=[('django', 'django'), ('shadow', 'shadow'), ('canary', 'canary'), ('edge', 'edge'), ('retired', 'retired')], max_length=16)),
                ('to_percent', models.PositiveSmallIntegerField()),
                ('reason', models.TextField()),
                ('is_forced', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='endpoint',
            trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM pg_notify('portico_endpoint', ''); RETURN NULL;", hash='d74721bad82cfe4759ae859d2ff71a5b975f28ba', level='STATEMENT', operation='INSERT OR DELETE OR UPDATE OF "method", "path_template", "is_on_edge", "is_on_site", "stage", "stage_since", "percent", "salt", "sample_percent", "is_reverse_shadowed", "most_mismatches", "most_errors", "most_latency_ratio", "most_tail_ratio", "timeout_ms", "most_timeout_percent", "guarded_calls", "guarded_percent"', pgid='pgtrigger_notify_edge_444c9', table='endpoints_endpoint', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='endpoint',
            trigger=pgtrigger.compiler.Trigger(name='rolls_back_only', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE stages text[] := ARRAY['django', 'shadow', 'canary', 'edge', 'retired']; counted_or_rolled_back text[] := ARRAY['stage', 'stage_since', 'percent', 'mismatches', 'errors', 'retired_calls', 'is_on_edge', 'path_template', 'site_called_at', 'self_test_at', 'self_test_passed'];", func="\n    \n    IF has_table_privilege(session_user, format('%I.endpoints_pin', TG_TABLE_SCHEMA), 'DELETE') THEN\n        RETURN NEW;\n    END IF;\n\n    IF TG_OP = 'INSERT' AND NEW.stage = 'edge' AND NOT NEW.is_on_site\n       OR TG_OP = 'UPDATE'\n          AND array_position(stages, NEW.stage) <= array_position(stages, OLD.stage)\n          AND NOT (OLD.stage = 'retired' AND NEW.stage <> 'retired')\n          AND NEW.percent <= OLD.percent\n          AND to_jsonb(NEW) - counted_or_rolled_back = to_jsonb(OLD) - counted_or_rolled_back\n    THEN\n        -- Two endpoints of one path would let either be answered by the stage of the other.\n        IF NEW.path_shape = regexp_replace(NEW.path_template, '[{][^}]*[}]', '{}', 'g') THEN\n            RETURN NEW;\n        END IF;\n    END IF;\n    \n    RAISE EXCEPTION '% may only roll an endpoint back', session_user\n        USING ERRCODE = 'insufficient_privilege';\n\n", hash='467b56750166a1f4ee050922c118f5d958131788', operation='INSERT OR UPDATE', pgid='pgtrigger_rolls_back_only_fbc3f', table='endpoints_endpoint', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pin',
            trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM pg_notify('portico_endpoint', ''); RETURN NULL;", hash='63438afa4dd26a2a9552f9002132b9983a5be24f', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_notify_edge_c0433', table='endpoints_pin', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stagechange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='4e80625f6b71688b4e3b3028dae8ea0edc4aaf5d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_332d2', table='endpoints_stagechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stagechange',
            trigger=pgtrigger.compiler.Trigger(name='records_what_is', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE stages text[] := ARRAY['django', 'shadow', 'canary', 'edge', 'retired'];", func="\n    \n    IF has_table_privilege(session_user, format('%I.endpoints_pin', TG_TABLE_SCHEMA), 'DELETE') THEN\n        RETURN NEW;\n    END IF;\n\n    IF array_position(stages, NEW.to_stage) <= array_position(stages, NEW.from_stage)\n       AND EXISTS (SELECT FROM endpoints_endpoint e\n                    WHERE e.id = NEW.endpoint_id AND e.stage = NEW.to_stage) THEN\n        RETURN NEW;\n    END IF;\n    \n    RAISE EXCEPTION '% may only roll an endpoint back', session_user\n        USING ERRCODE = 'insufficient_privilege';\n\n", hash='6b0705d97b853aa4a7611aa59b59638bdc8f28cf', operation='INSERT', pgid='pgtrigger_records_what_is_3bbfb', table='endpoints_stagechange', when='BEFORE')),
        ),
        *(_INDEXES if _HAS_EFFECTS else []),
        migrations.RunSQL(WITHIN_RIGHTS, "DROP FUNCTION endpoints_within_rights(jsonb)"),
        migrations.RunSQL(EFFECTS, "DROP FUNCTION endpoints_effects(uuid)"),
        migrations.RunSQL(CROSSED, "DROP FUNCTION endpoints_crossed(uuid, pg_snapshot)"),
        migrations.RunSQL(
            CHANGED_SINCE, "DROP FUNCTION endpoints_changed_since(text[], pg_snapshot)"
        ),
    ]
