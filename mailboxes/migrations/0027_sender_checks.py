import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_ended_sessions'),
        ('mailboxes', '0026_protocol_traces'),
    ]

    operations = [
        migrations.CreateModel(
            name='SenderCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=320)),
                ('way', models.CharField(max_length=64)),
                ('asked_at', models.DateTimeField()),
                ('message_id', models.CharField(max_length=300)),
                ('arrived_at', models.DateTimeField(null=True)),
                ('arrived_from', models.CharField(blank=True, max_length=320)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sender_checks', to='mailboxes.mailbox')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('outbox', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.outboxmessage')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'mailbox', 'address'), name='sender_check_once'), models.UniqueConstraint(fields=('organization', 'message_id'), name='sender_check_message_id')],
            },
        ),
    ]
