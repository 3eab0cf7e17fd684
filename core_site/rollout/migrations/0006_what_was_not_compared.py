"""Why a call was not compared, what a compared one stands for, and budgets beside the median."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0005_delete_canarywrite'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='endpoint',
            name='notify_edge',
        ),
        migrations.AddField(
            model_name='endpoint',
            name='most_tail_ratio',
            field=models.FloatField(db_default=5.0, default=5.0),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='most_timeout_percent',
            field=models.PositiveSmallIntegerField(db_default=5, default=5),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='timeout_ms',
            field=models.PositiveIntegerField(db_default=1000, default=1000),
        ),
        migrations.AddField(
            model_name='endpointhour',
            name='unavailable',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='endpointhour',
            name='unreadable',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='endpointhour',
            name='unstable',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='paritycheck',
            name='covers',
            field=models.TextField(db_default='', default=''),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='endpoint',
            trigger=pgtrigger.compiler.Trigger(name='notify_edge', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM pg_notify('portico_endpoint', ''); RETURN NULL;", hash='19619e45bc0c16d5c35a6d558a6885ef5c610137', level='STATEMENT', operation='INSERT OR DELETE OR UPDATE OF "method", "path_template", "is_on_edge", "is_on_site", "stage", "stage_since", "percent", "salt", "sample_percent", "is_reverse_shadowed", "most_mismatches", "most_errors", "most_latency_ratio", "most_tail_ratio", "timeout_ms", "most_timeout_percent"', pgid='pgtrigger_notify_edge_444c9', table='endpoints_endpoint', when='AFTER')),
        ),
    ]
