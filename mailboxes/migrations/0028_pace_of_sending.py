from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0027_sender_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingserver',
            name='throttled_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='tried_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(fields=['organization', 'outgoing', '-tried_at'], name='outbox_tried'),
        ),
    ]
