import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0003_fill_email_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='email_key',
            field=models.TextField(editable=False),
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='user_email_of_partner',
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('partner', 'email_key'), name='user_email_of_partner'),
        ),
        migrations.RemoveIndex(
            model_name='user',
            name='user_by_email',
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(django.contrib.postgres.indexes.OpClass('email_key', name='text_pattern_ops'), name='user_by_email'),
        ),
    ]
