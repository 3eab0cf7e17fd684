"""Calls of each key by the hour, and refused calls."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core_site.postgresql.create_models import CreateModels


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('partners', '0001_squashed_0005_partner_kind'),
    ]

    operations = [
        CreateModels(
            operations=[
                migrations.CreateModel(
                    name='KeyHour',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('api_key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='partners.apikey')),
                        ('hour', models.DateTimeField()),
                        ('succeeded', models.BigIntegerField()),
                        ('refused', models.BigIntegerField()),
                        ('limited', models.BigIntegerField()),
                        ('failed', models.BigIntegerField()),
                        ('last_call_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name': 'hour of an API key',
                        'indexes': [models.Index(fields=['hour'], name='usage_keyhour_by_age')],
                        'constraints': [models.UniqueConstraint(fields=('api_key', 'hour'), name='usage_one_row_each_hour'), models.CheckConstraint(condition=models.Q(('failed__gte', 0), ('limited__gte', 0), ('refused__gte', 0), ('succeeded__gte', 0)), name='usage_counts_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='Refusal',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='partners.partner')),
                        ('api_key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refusals', to='partners.apikey')),
                        ('at', models.DateTimeField()),
                        ('method', models.TextField()),
                        ('path_template', models.TextField()),
                        ('status', models.PositiveSmallIntegerField()),
                        ('code', models.TextField()),
                        ('reason', models.TextField()),
                        ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                        ('request_id', models.UUIDField()),
                    ],
                    options={
                        'verbose_name': 'refused call',
                        'indexes': [models.Index(fields=['partner', '-id'], name='usage_refusal_of_partner'), models.Index(fields=['at'], name='usage_refusal_by_age')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('status__gte', 400), ('status__lte', 599)), name='usage_refusal_is_an_error')],
                    },
                ),
            ],
        ),
    ]
