import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_ended_sessions'),
        ('mailboxes', '0023_impersonation'),
    ]

    operations = [
        migrations.CreateModel(
            name='GraphSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('remote_id', models.CharField(blank=True, max_length=200)),
                ('resource', models.CharField(blank=True, max_length=1000)),
                ('public_url', models.CharField(blank=True, max_length=500)),
                ('expires_at', models.DateTimeField(null=True)),
                ('is_creating', models.BooleanField(default=False)),
                ('token_sealed', models.TextField(blank=True, editable=False)),
                ('client_state_hash', models.CharField(blank=True, max_length=64)),
                ('farewell_sealed', models.TextField(blank=True, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='subscription', to='mailboxes.mailbox')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
    ]
