import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_ended_sessions'),
        ('mailboxes', '0031_ends_of_sign_ins'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='lost_team',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='assignee',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='ticket_priority',
            field=models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('urgent', 'Urgent')], default='normal', max_length=8),
        ),
    ]
