"""Who writes while email to ticket is off can be told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_business_hours")]

    operations = [migrations.AddField("organization", "tells_while_off", models.BooleanField(default=False))]
