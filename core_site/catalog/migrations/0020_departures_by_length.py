from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0019_holds_of_departures_and_options'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='departure',
            index=models.Index(models.F('ends_at') - models.F('starts_at'), name='departure_by_length'),
        ),
    ]
