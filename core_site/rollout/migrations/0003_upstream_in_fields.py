from django.db import migrations, models

COLUMN = {"db_column": "site", "default": "", "max_length": 100}


class Migration(migrations.Migration):
    """Two fields say upstream; their columns keep their names for processes of the release before.

    No statement is sent. The constraint keeps its columns too: only its fields have other names.
    """

    dependencies = [("endpoints", "0002_django_in_fields")]

    operations = [
        migrations.AlterField(
            model_name="endpoint",
            name="site",
            field=models.CharField(db_default="", **COLUMN),
        ),
        migrations.RenameField(model_name="endpoint", old_name="site", new_name="upstream"),
        migrations.AlterField(
            model_name="build", name="site", field=models.CharField(blank=True, **COLUMN)
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="build", name="build_is_one"),
                migrations.RenameField(model_name="build", old_name="site", new_name="upstream"),
                migrations.AddConstraint(
                    model_name="build",
                    constraint=models.UniqueConstraint(
                        fields=["upstream", "edge", "release"], name="build_is_one"
                    ),
                ),
            ]
        ),
    ]
