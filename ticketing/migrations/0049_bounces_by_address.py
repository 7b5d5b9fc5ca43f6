"""What came back is kept by address, whether a contact has it or not.

Workers of the version before still read the old column while they are replaced, so it stays in the table, unused.
"""

from django.db import migrations


def copy(apps, schema_editor):
    alias = schema_editor.connection.alias
    addresses = apps.get_model("ticketing", "ContactAddress")._base_manager.using(alias)
    bounced = apps.get_model("mailboxes", "BouncedAddress")
    rows = addresses.exclude(bounced_at=None).values_list("organization_id", "address", "bounced_at")
    bounced._base_manager.using(alias).bulk_create(
        (bounced(organization_id=organization, address=address, bounced_at=at) for organization, address, at in rows),
        batch_size=500,
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0048_bounced_recipients'),
        ('ticketing', '0048_participants'),
    ]

    operations = [
        migrations.RunPython(copy, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='contactaddress', name='bounced_at')],
        ),
    ]
