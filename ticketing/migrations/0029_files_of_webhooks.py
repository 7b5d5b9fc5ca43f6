from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0028_automatic_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhook',
            name='sends_files',
            field=models.BooleanField(default=False),
        ),
    ]
