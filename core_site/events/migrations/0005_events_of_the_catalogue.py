"""Triggers that write the events of departures, products, prices and API keys."""

import re
from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_name("catalogue.sql").read_text(encoding="utf-8")

_CREATED = re.compile(r"^CREATE TRIGGER (\w+)\b.*?\bON (\w+)", re.MULTILINE | re.DOTALL)

DROP_TRIGGERS = "\n".join(
    [
        *(f"DROP TRIGGER {name} ON {table};" for name, table in _CREATED.findall(TRIGGERS)),
        *(
            f"DROP FUNCTION {name};"
            for name in re.findall(r"^CREATE FUNCTION (\w+)", TRIGGERS, re.MULTILINE)
        ),
    ]
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_has_resources"),
        ("disruptions", "0001_initial"),
        ("events", "0004_positions"),
        ("partners", "0005_partner_kind"),
    ]

    operations = [
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    ]
