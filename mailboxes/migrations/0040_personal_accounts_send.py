"""Personal accounts at Microsoft that somebody signed in to have a server of their own for sending."""

from django.db import migrations
from django.db.models import Q

DOMAINS = ("outlook.com", "hotmail.com", "live.com", "msn.com")
PERSONAL = ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad")


def move(apps, schema_editor):
    servers = apps.get_model("mailboxes", "OutgoingServer")._base_manager.using(schema_editor.connection.alias)
    signed_in = servers.filter(
        name="",
        host__iexact="smtp.office365.com",
        login_of__grant__provider="microsoft",
        login_of__grant__flow__in=("user", "device"),
        login_of__grant__cloud="global",
    )
    is_of_them = Q()
    for domain in DOMAINS:
        is_of_them |= Q(login_of__username__iendswith=f"@{domain}")
    is_personal = Q(login_of__grant__tenant__in=PERSONAL) | Q(login_of__grant__tenant__in=("", "common")) & is_of_them
    found = list(signed_in.filter(is_personal).values_list("pk", flat=True))
    servers.filter(pk__in=found).update(host="smtp-mail.outlook.com", port=587, security="starttls")


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0039_end_to_end_tests'),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
