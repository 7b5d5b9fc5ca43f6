"""A bulk change knows which tickets it left alone because others changed them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0011_integration_of_events'),
    ]

    operations = [
        migrations.AddField(
            model_name='bulkchange',
            name='left_ids',
            field=models.JSONField(null=True),
        ),
    ]
