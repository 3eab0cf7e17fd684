import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('blackouts', '0002_history_ids_of_64_bits'),
        ('catalog', '0020_departures_by_length'),
    ]

    operations = [
        migrations.AlterField(
            model_name='departure',
            name='blackout',
            field=models.ForeignKey(blank=True, editable=False, help_text='What closed it, until that is lifted.', null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='departures', to='blackouts.blackout'),
        ),
    ]
