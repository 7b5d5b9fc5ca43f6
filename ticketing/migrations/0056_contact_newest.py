"""The list of contacts reads the newest of an organization from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ticketing", "0055_strangers")]

    operations = [
        migrations.AddIndex("contact", models.Index(fields=["organization", "-id"], name="contact_newest")),
    ]
