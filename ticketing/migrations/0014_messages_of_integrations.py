from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0013_filters'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='thread_reason',
            field=models.CharField(choices=[('new', 'It opened the ticket'), ('token', 'It carries our signed token in References or In-Reply-To'), ('token_address', 'It was sent to an address with our signed token'), ('token_subject', 'Its subject carries our signed number'), ('reference', 'It answers a message of the ticket'), ('remembered', 'It refers to a mail that a message of the ticket also refers to'), ('answered_first', 'A message of the ticket answers it'), ('body_token', 'It quotes our hidden token'), ('subject_number', 'It names the number, and its sender is on the ticket'), ('follows_closed', 'It answers a closed ticket'), ('report', 'It reports on a mail of the ticket'), ('written_here', 'It was written here'), ('brought_in', 'An integration brought it to this ticket')], max_length=16),
        ),
    ]
