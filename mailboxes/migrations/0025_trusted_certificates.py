import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_ended_sessions'),
        ('mailboxes', '0024_graph_subscriptions'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrustedCertificate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=253)),
                ('port', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('issuer', models.CharField(blank=True, max_length=80)),
                ('ends_at', models.DateTimeField()),
                ('trusted_at', models.DateTimeField()),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('organization', 'host', 'port'), name='trusted_certificate_once')],
            },
        ),
    ]
