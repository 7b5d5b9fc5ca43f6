from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0054_types_of_files'),
    ]

    operations = [
        migrations.AlterField(
            model_name='breaker',
            name='scope',
            field=models.CharField(choices=[('sender', 'Mail of one sender'), ('pair', 'Mail of one sender to one mailbox'), ('equal', 'The same text of one sender'), ('mailbox', 'New tickets of one mailbox'), ('installation', 'Mail of one sender to everybody here'), ('strangers', 'Mail of unknown senders to everybody here')], max_length=12),
        ),
    ]
