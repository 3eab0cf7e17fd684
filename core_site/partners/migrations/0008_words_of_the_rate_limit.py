from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0007_history_ids_of_64_bits'),
    ]

    operations = [
        migrations.AlterField(
            model_name='apikey',
            name='rate_limit_per_second',
            field=models.PositiveIntegerField(blank=True, help_text='How many calls the key may make in a second, in the long run. Empty: as many as this server allows every key.', null=True, verbose_name='calls in a second'),
        ),
        migrations.AlterField(
            model_name='apikeyevent',
            name='rate_limit_per_second',
            field=models.PositiveIntegerField(blank=True, help_text='How many calls the key may make in a second, in the long run. Empty: as many as this server allows every key.', null=True, verbose_name='calls in a second'),
        ),
    ]
