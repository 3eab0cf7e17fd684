"""The cache of forecasts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CachedForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=255, unique=True)),
                ('place', models.JSONField(null=True)),
                ('forecast', models.JSONField(null=True)),
                ('fetched_at', models.DateTimeField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['used_at'], name='weather_forecast_by_use')],
                'constraints': [models.CheckConstraint(condition=models.Q(('forecast__isnull', True), ('fetched_at__isnull', False), _connector='OR'), name='forecasts_say_when_they_were_fetched')],
            },
        ),
    ]
