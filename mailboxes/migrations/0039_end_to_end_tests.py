"""End-to-end tests of mailboxes are remembered, with what their mail would have become."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_categories'),
        ('mailboxes', '0038_category_of_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndToEndTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('name', models.CharField(max_length=24)),
                ('address', models.CharField(max_length=320)),
                ('message_id', models.CharField(blank=True, max_length=300)),
                ('subject', models.CharField(blank=True, max_length=400)),
                ('text', models.TextField()),
                ('judged_at', models.DateTimeField(null=True)),
                ('verdict', models.JSONField(default=dict)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='end_to_end_tests', to='mailboxes.mailbox')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('outbox', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.outboxmessage')),
                ('sighting', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.remotemessage')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.membership')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'mailbox', '-started_at'], name='end_to_end_test_latest')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'name'), name='end_to_end_test_name')],
            },
        ),
    ]
