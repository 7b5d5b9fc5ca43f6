import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0046_back_fills'),
    ]

    operations = [
        migrations.CreateModel(
            name='BouncedAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=320)),
                ('bounced_at', models.DateTimeField()),
                ('detail', models.CharField(blank=True, max_length=300)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('outbox', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.outboxmessage')),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailboxes.rawmessage')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', '-bounced_at', '-id'], name='bounced_address_newest')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'address'), name='bounced_address_once')],
            },
        ),
    ]
