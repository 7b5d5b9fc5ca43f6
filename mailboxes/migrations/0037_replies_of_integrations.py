from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0036_spam_switches'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outboxmessage',
            name='cause',
            field=models.CharField(choices=[('agent', "an agent's reply"), ('rule', 'a rule'), ('acknowledgement', 'an acknowledgement'), ('notice', 'a notice'), ('integration', "an integration's reply")], max_length=16),
        ),
    ]
