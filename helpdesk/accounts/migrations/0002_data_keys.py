"""An organization has several data keys: the newest seals, the others still open what they sealed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RenameField("organization", "wrapped_data_key", "data_keys")]
