from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0053_bulk_changes_of_fields'),
    ]

    operations = [
        migrations.AddField(
            model_name='mailmapping',
            name='refused_types',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='mailmapping',
            name='refuses_programs',
            field=models.BooleanField(default=False),
        ),
    ]
