"""A back-fill counts apart what tells no date."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailboxes", "0049_asks_spam_daemon")]

    operations = [
        migrations.AddField(
            model_name="backfill",
            name="undated",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
