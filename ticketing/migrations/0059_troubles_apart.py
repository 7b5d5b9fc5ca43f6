"""Commands for unknown fields and commands with bad values are set apart: both get what was set for the two.

A migration backwards keeps what was set for unknown fields.
"""

from django.db import migrations

OLD, UNKNOWN, VALUE = "field", "unknown_field", "bad_value"


def part(apps, schema_editor):
    for row in rows_of(apps, schema_editor):
        if OLD in row.troubles:
            then = row.troubles.pop(OLD)
            row.troubles = {UNKNOWN: then, VALUE: then} | row.troubles
            row.save(update_fields=["troubles"])


def join(apps, schema_editor):
    for row in rows_of(apps, schema_editor):
        then = row.troubles.pop(VALUE, None)
        then = row.troubles.pop(UNKNOWN, then)
        if then is not None:
            row.troubles[OLD] = then
            row.save(update_fields=["troubles"])


def rows_of(apps, schema_editor):
    mapping = apps.get_model("ticketing", "MailMapping")
    return mapping._base_manager.using(schema_editor.connection.alias).exclude(troubles={}).iterator()


class Migration(migrations.Migration):

    dependencies = [
        ('ticketing', '0058_messages_written_once'),
    ]

    operations = [
        migrations.RunPython(part, join),
    ]
