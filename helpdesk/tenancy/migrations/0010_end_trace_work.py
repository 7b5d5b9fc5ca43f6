from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0009_notification_work'),
    ]

    operations = [
        migrations.AlterField(
            model_name='workitem',
            name='kind',
            field=models.CharField(choices=[('poll', 'Poll'), ('process', 'Process'), ('deliver', 'Deliver'), ('file_sent', 'File Sent'), ('acknowledge', 'Acknowledge'), ('notify', 'Notify'), ('sweep_files', 'Sweep Files'), ('bulk_change', 'Bulk Change'), ('device_code', 'Device Code'), ('forecast', 'Forecast'), ('subscribe', 'Subscribe'), ('end_trace', 'End Trace'), ('watch', 'Watch')], max_length=16),
        ),
    ]
