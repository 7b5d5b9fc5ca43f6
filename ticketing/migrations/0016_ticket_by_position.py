from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0015_external_ids_and_kept_answers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['organization', 'last_position'], name='ticket_by_position'),
        ),
    ]
