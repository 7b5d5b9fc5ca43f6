from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0047_bounced_addresses'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxrecipient',
            name='bounced_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='outboxrecipient',
            name='bounce_detail',
            field=models.CharField(blank=True, default='', max_length=300),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='outboxrecipient',
            index=models.Index(condition=models.Q(('bounced_at__isnull', False)), fields=['organization', 'outbox'], name='outbox_recipient_bounced'),
        ),
    ]
