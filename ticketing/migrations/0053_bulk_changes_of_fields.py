"""A change of many tickets can be the value of a field, which may be long."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0052_fields_in_lists")]

    operations = [
        migrations.AlterField("bulkchange", "value", models.TextField(blank=True)),
    ]
