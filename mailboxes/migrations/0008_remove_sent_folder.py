from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0007_delivery_reasons'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='mailbox',
            name='sent_folder',
        ),
    ]
