from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0021_ews_connections'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outgoingserver',
            name='kind',
            field=models.CharField(choices=[('smtp', 'SMTP'), ('graph', 'Microsoft Graph'), ('ews', 'Exchange Web Services')], default='smtp', max_length=16),
        ),
    ]
