from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0057_asks_spam_daemon'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='written_mark',
            field=models.CharField(max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('written_mark__isnull', False)), fields=('organization', 'ticket', 'written_mark'), name='message_written_once'),
        ),
    ]
