"""A dry run that reads from a server may end before it has read all that was wanted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0065_proof_by_default")]

    operations = [
        migrations.AddField(
            "dryrun",
            "spent",
            models.CharField(blank=True, choices=[("time", "Time"), ("room", "Room")], default="", max_length=4),
        ),
    ]
