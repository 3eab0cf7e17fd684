"""The edge's role rolls endpoints back and promotes none.

Triggers only: rows stay as they are, and an edge of the release before does nothing they refuse.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0011_builds'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='endpoint',
            trigger=pgtrigger.compiler.Trigger(name='rolls_back_only', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE stages text[] := ARRAY['django', 'shadow', 'canary', 'edge', 'retired']; counted_or_rolled_back text[] := ARRAY['stage', 'stage_since', 'percent', 'mismatches', 'errors', 'retired_calls', 'is_on_edge', 'path_template', 'site_called_at', 'self_test_at', 'self_test_passed'];", func="\n    \n    IF has_table_privilege(session_user, format('%I.endpoints_pin', TG_TABLE_SCHEMA), 'DELETE') THEN\n        RETURN NEW;\n    END IF;\n\n    IF TG_OP = 'INSERT' AND NEW.stage = 'edge' AND NOT NEW.is_on_site\n       OR TG_OP = 'UPDATE'\n          AND array_position(stages, NEW.stage) <= array_position(stages, OLD.stage)\n          AND NOT (OLD.stage = 'retired' AND NEW.stage <> 'retired')\n          AND NEW.percent <= OLD.percent\n          AND to_jsonb(NEW) - counted_or_rolled_back = to_jsonb(OLD) - counted_or_rolled_back\n    THEN\n        -- Two endpoints of one path would let either be answered by the stage of the other.\n        IF NEW.path_shape = regexp_replace(NEW.path_template, '[{][^}]*[}]', '{}', 'g') THEN\n            RETURN NEW;\n        END IF;\n    END IF;\n    \n    RAISE EXCEPTION '% may only roll an endpoint back', session_user\n        USING ERRCODE = 'insufficient_privilege';\n\n", hash='467b56750166a1f4ee050922c118f5d958131788', operation='INSERT OR UPDATE', pgid='pgtrigger_rolls_back_only_fbc3f', table='endpoints_endpoint', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stagechange',
            trigger=pgtrigger.compiler.Trigger(name='records_what_is', sql=pgtrigger.compiler.UpsertTriggerSql(declare="DECLARE stages text[] := ARRAY['django', 'shadow', 'canary', 'edge', 'retired'];", func="\n    \n    IF has_table_privilege(session_user, format('%I.endpoints_pin', TG_TABLE_SCHEMA), 'DELETE') THEN\n        RETURN NEW;\n    END IF;\n\n    IF array_position(stages, NEW.to_stage) <= array_position(stages, NEW.from_stage)\n       AND EXISTS (SELECT FROM endpoints_endpoint e\n                    WHERE e.id = NEW.endpoint_id AND e.stage = NEW.to_stage) THEN\n        RETURN NEW;\n    END IF;\n    \n    RAISE EXCEPTION '% may only roll an endpoint back', session_user\n        USING ERRCODE = 'insufficient_privilege';\n\n", hash='6b0705d97b853aa4a7611aa59b59638bdc8f28cf', operation='INSERT', pgid='pgtrigger_records_what_is_3bbfb', table='endpoints_stagechange', when='BEFORE')),
        ),
    ]
