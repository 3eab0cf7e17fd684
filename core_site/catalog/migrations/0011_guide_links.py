"""How often the links to the guide's view of a departure were made invalid."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0010_direct_sells_at_retail'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='departure',
            name='update_update',
        ),
        migrations.AddField(
            model_name='departure',
            name='guide_links_revoked',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="How often staff made the links to the guide's view invalid."),
        ),
        migrations.AddField(
            model_name='departureevent',
            name='guide_links_revoked',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="How often staff made the links to the guide's view invalid."),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='departure',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."availability_id" IS DISTINCT FROM (NEW."availability_id") OR OLD."booking_cutoff_at" IS DISTINCT FROM (NEW."booking_cutoff_at") OR OLD."capacity" IS DISTINCT FROM (NEW."capacity") OR OLD."closed_by_staff" IS DISTINCT FROM (NEW."closed_by_staff") OR OLD."cutoffs_count_from" IS DISTINCT FROM (NEW."cutoffs_count_from") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."fold" IS DISTINCT FROM (NEW."fold") OR OLD."guide_links_revoked" IS DISTINCT FROM (NEW."guide_links_revoked") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_edited" IS DISTINCT FROM (NEW."is_edited") OR OLD."is_kept" IS DISTINCT FROM (NEW."is_kept") OR OLD."is_open" IS DISTINCT FROM (NEW."is_open") OR OLD."is_scheduled" IS DISTINCT FROM (NEW."is_scheduled") OR OLD."local_date" IS DISTINCT FROM (NEW."local_date") OR OLD."max_units" IS DISTINCT FROM (NEW."max_units") OR OLD."opening_hours" IS DISTINCT FROM (NEW."opening_hours") OR OLD."option_id" IS DISTINCT FROM (NEW."option_id") OR OLD."schedule_id" IS DISTINCT FROM (NEW."schedule_id") OR OLD."start_time" IS DISTINCT FROM (NEW."start_time") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at"))', func='INSERT INTO "catalog_departureevent" ("availability_id", "booking_cutoff_at", "capacity", "closed_by_staff", "cutoffs_count_from", "ends_at", "fold", "guide_links_revoked", "id", "is_edited", "is_kept", "is_open", "is_scheduled", "local_date", "max_units", "opening_hours", "option_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "schedule_id", "start_time", "starts_at") VALUES (NEW."availability_id", NEW."booking_cutoff_at", NEW."capacity", NEW."closed_by_staff", NEW."cutoffs_count_from", NEW."ends_at", NEW."fold", NEW."guide_links_revoked", NEW."id", NEW."is_edited", NEW."is_kept", NEW."is_open", NEW."is_scheduled", NEW."local_date", NEW."max_units", NEW."opening_hours", NEW."option_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."schedule_id", NEW."start_time", NEW."starts_at"); RETURN NULL;', hash='3231ff4a02a6fdf51c6a4b633bcb4460da9b629d', operation='UPDATE', pgid='pgtrigger_update_update_4994a', table='catalog_departure', when='AFTER')),
        ),
    ]
