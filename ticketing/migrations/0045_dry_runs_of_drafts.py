from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0044_more_suggestions'),
    ]

    operations = [
        migrations.AddField(
            model_name='dryrun',
            name='is_looked_up',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='trouble',
            field=models.CharField(blank=True, max_length=48),
        ),
    ]
