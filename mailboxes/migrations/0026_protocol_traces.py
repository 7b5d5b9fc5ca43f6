import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_ended_sessions'),
        ('mailboxes', '0025_trusted_certificates'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='traced_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='ProtocolTrace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('until_at', models.DateTimeField()),
                ('line_count', models.PositiveIntegerField(default=0)),
                ('size_bytes', models.PositiveIntegerField(default=0)),
                ('is_cut', models.BooleanField(default=False)),
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trace', to='mailboxes.mailbox')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TracePiece',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('first_ms', models.BigIntegerField()),
                ('lines_sealed', models.TextField(editable=False)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('trace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='mailboxes.protocoltrace')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'trace', 'first_ms'], name='trace_piece_order')],
            },
        ),
    ]
