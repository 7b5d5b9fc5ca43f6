from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0051_raw_waiting'),
    ]

    operations = [
        migrations.AddField(
            model_name='bouncedaddress',
            name='cause',
            field=models.CharField(choices=[('bounced', 'Mail came back'), ('complaint', 'Called mail of yours spam')], db_default='bounced', default='bounced', max_length=12),
        ),
    ]
