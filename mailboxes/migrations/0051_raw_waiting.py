"""What waits to be processed is counted without reading all mail."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailboxes", "0050_back_fill_undated")]

    operations = [
        migrations.AddIndex(
            model_name="rawmessage",
            index=models.Index(
                fields=["organization", "mailbox"], condition=models.Q(state="pending"), name="raw_waiting"
            ),
        ),
    ]
