"""POP3 as a kind of connection."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Only the choices change; nothing in the database does."""

    dependencies = [("mailboxes", "0011_answers_only")]

    operations = [
        migrations.AlterField(
            model_name="connection",
            name="kind",
            field=models.CharField(choices=[("imap", "IMAP"), ("pop3", "POP3")], default="imap", max_length=16),
        ),
    ]
