from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0052_silenced_by_complaint'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bouncedaddress',
            name='cause',
            field=models.CharField(choices=[('bounced', 'Mail came back'), ('refused', 'No such address'), ('complaint', 'Called mail of yours spam')], db_default='bounced', default='bounced', max_length=12),
        ),
    ]
