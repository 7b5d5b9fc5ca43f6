from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0005_message_completed_event'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='attachment',
            name='note',
        ),
        migrations.AddField(
            model_name='attachment',
            name='note_code',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name='attachment',
            name='note_data',
            field=models.JSONField(default=dict),
        ),
    ]
