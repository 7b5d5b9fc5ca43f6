"""Lists of tickets show the fields that say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0051_learned_tags")]

    operations = [
        migrations.AddField("ticketfield", "in_lists", models.BooleanField(default=False)),
    ]
