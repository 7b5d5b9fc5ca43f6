"""A command without a value can take a value off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0066_cut_dry_runs")]

    operations = [migrations.AddField("mailmapping", "command_clears", models.BooleanField(default=False))]
