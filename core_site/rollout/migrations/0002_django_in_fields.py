from django.db import migrations, models


class Migration(migrations.Migration):
    """Two fields say Django; their columns keep their names for processes of the release before."""

    dependencies = [("endpoints", "0001_squashed_0014_guard")]

    operations = [
        migrations.AlterField(
            model_name="endpoint",
            name="is_on_site",
            field=models.BooleanField(
                db_column="is_on_site", default=False, verbose_name="served by Django"
            ),
        ),
        migrations.RenameField(
            model_name="endpoint", old_name="is_on_site", new_name="is_on_django"
        ),
        migrations.AlterField(
            model_name="endpoint",
            name="site_called_at",
            field=models.DateTimeField(db_column="site_called_at", null=True),
        ),
        migrations.RenameField(
            model_name="endpoint", old_name="site_called_at", new_name="django_called_at"
        ),
    ]
