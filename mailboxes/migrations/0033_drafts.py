from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0032_ticket_defaults'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailbox',
            name='is_draft',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='mailbox',
            name='setup',
            field=models.JSONField(default=dict),
        ),
    ]
