from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0019_dry_run_work'),
    ]

    operations = [
        migrations.AlterField(
            model_name='workitem',
            name='kind',
            field=models.CharField(choices=[('poll', 'Poll'), ('process', 'Process'), ('answer', 'Answer'), ('forward', 'Forward'), ('deliver', 'Deliver'), ('file_sent', 'File Sent'), ('acknowledge', 'Acknowledge'), ('notify', 'Notify'), ('sweep_files', 'Sweep Files'), ('bulk_change', 'Bulk Change'), ('log_batch', 'Log Batch'), ('prune', 'Prune'), ('device_code', 'Device Code'), ('forecast', 'Forecast'), ('subscribe', 'Subscribe'), ('end_trace', 'End Trace'), ('follow', 'Follow'), ('webhook', 'Webhook'), ('accept', 'Accept'), ('bring_over', 'Bring Over'), ('rule_trial', 'Rule Trial'), ('dry_run', 'Dry Run'), ('index_fields', 'Index Fields'), ('watch', 'Watch')], max_length=16),
        ),
    ]
