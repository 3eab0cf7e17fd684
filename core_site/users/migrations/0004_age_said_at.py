from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0003_history_ids_of_64_bits'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='age_said_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='From when the age counts; without it, from the last change.', null=True),
        ),
    ]
