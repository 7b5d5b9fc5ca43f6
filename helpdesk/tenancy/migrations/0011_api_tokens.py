from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0010_end_trace_work'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tokenentry',
            name='purpose',
            field=models.CharField(choices=[('invitation', 'Invitation'), ('push', 'Push'), ('notification', 'Notification'), ('forwarding', 'Forwarding'), ('api', 'Api')], max_length=16),
        ),
    ]
