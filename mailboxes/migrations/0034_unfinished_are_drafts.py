"""Mailboxes that were never finished are drafts from now on."""

from django.db import migrations


def mark(apps, schema_editor):
    mailboxes = apps.get_model("mailboxes", "Mailbox")._base_manager.using(schema_editor.connection.alias)
    unfinished = mailboxes.filter(is_enabled=False, health="not_finished", health_since=None, deleted_at=None)
    unfinished.exclude(connection__kind="push").update(is_draft=True)


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0033_drafts'),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
