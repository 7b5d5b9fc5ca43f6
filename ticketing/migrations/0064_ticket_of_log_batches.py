"""Many messages of the log can be put into one ticket."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0063_fields_to_index")]

    operations = [migrations.AddField("logbatch", "typed", models.CharField(blank=True, default="", max_length=20))]
