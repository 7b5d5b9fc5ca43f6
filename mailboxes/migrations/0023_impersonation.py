from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0022_sending_by_ews'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='impersonates',
            field=models.BooleanField(default=False),
        ),
    ]
