"""Agreements of guarded calls, and how many an endpoint must have before they go out unasked.

Defaults of the database: the release before registers endpoints as well.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0013_evidence_of_builds'),
    ]

    operations = [
        migrations.CreateModel(
            name='GuardedClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status_class', models.PositiveSmallIntegerField()),
                ('matched', models.IntegerField(default=0)),
                ('begun_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'guarded classes',
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='endpoint',
            name='notify_edge',
        ),
        migrations.AddField(
            model_name='endpoint',
            name='guarded_calls',
            field=models.PositiveIntegerField(db_default=100, default=100),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='guarded_percent',
            field=models.PositiveSmallIntegerField(db_default=5, default=5),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='endpoint',
            trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM pg_notify('portico_endpoint', ''); RETURN NULL;", hash='d74721bad82cfe4759ae859d2ff71a5b975f28ba', level='STATEMENT', operation='INSERT OR DELETE OR UPDATE OF "method", "path_template", "is_on_edge", "is_on_site", "stage", "stage_since", "percent", "salt", "sample_percent", "is_reverse_shadowed", "most_mismatches", "most_errors", "most_latency_ratio", "most_tail_ratio", "timeout_ms", "most_timeout_percent", "guarded_calls", "guarded_percent"', pgid='pgtrigger_notify_edge_444c9', table='endpoints_endpoint', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.CheckConstraint(condition=models.Q(('guarded_percent__lte', 100)), name='endpoint_guarded_percent'),
        ),
        migrations.AddField(
            model_name='guardedclass',
            name='build',
            field=models.ForeignKey(db_constraint=False, db_default=0, db_index=False, default=0, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='endpoints.build'),
        ),
        migrations.AddField(
            model_name='guardedclass',
            name='endpoint',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guarded', to='endpoints.endpoint'),
        ),
        migrations.AddConstraint(
            model_name='guardedclass',
            constraint=models.UniqueConstraint(fields=('endpoint', 'build', 'status_class'), name='guarded_class_is_one'),
        ),
    ]
