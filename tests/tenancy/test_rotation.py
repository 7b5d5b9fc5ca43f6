"""Keys rotate: nothing is lost, whatever is killed, repeated or doubled on the way."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock, crypto
from helpdesk.tenancy import rotation, secrets
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection

pytestmark = [pytest.mark.django_db, pytest.mark.both]
OLD = f"old:{base64.b64encode(b'o' * 32).decode()}"
NEW = f"new:{base64.b64encode(b'n' * 32).decode()}"
PASSWORD = "app password of the mailbox"


@pytest.fixture
def under_old_key(settings: Any) -> None:
    """The installation has one key, called old."""
    settings.ENCRYPTION_KEYS = OLD


@pytest.fixture
def connections(under_old_key: None, fernhollow: Any, otherco: Any) -> list[Connection]:
    """Three connections with a password each, in two organizations."""
    return [make_connection(organization) for organization in (fernhollow, fernhollow, otherco)]


def make_connection(organization: Organization) -> Connection:
    with organization_scope(organization.pk):
        made: Connection = Connection.objects.create(host="imap.test", username=f"user{clock.monotonic()}")
        Connection.objects.filter(pk=made.pk).update(
            password_sealed=secrets.seal_for(made, "password_sealed", PASSWORD)
        )
    return made


def password_of(connection: Connection) -> str:
    with organization_scope(connection.organization_id):
        return secrets.open_for(Connection.objects.get(pk=connection.pk), "password_sealed")


def sealed_of(connection: Connection) -> str:
    with organization_scope(connection.organization_id):
        sealed: str = Connection.objects.get(pk=connection.pk).password_sealed
        return sealed


def rotate(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_keys", *arguments, "--json", stdout=out, stderr=StringIO())
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def tomorrow() -> Any:
    return clock.held_at(clock.now() + timedelta(days=2))


def test_after_rewrapping_the_old_key_may_go(connections: list[Connection], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    result = rotate()
    assert (result["rewrapped"], result["keys_in_use"], result["removable_keys"]) == (2, {"new": 2}, ["old"])
    settings.ENCRYPTION_KEYS = NEW
    assert [password_of(connection) for connection in connections] == [PASSWORD] * 3


def test_a_dry_run_changes_nothing(connections: list[Connection], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    before = list(Organization.objects.order_by("pk").values_list("data_keys", flat=True))
    with tomorrow():
        result = rotate("--dry-run", "--re-encrypt")
    assert (result["rewrapped"], result["renewed"], result["resealed"]) == (2, 2, 3)
    assert (result["keys_in_use"], result["removable_keys"]) == ({"old": 2}, [])
    assert list(Organization.objects.order_by("pk").values_list("data_keys", flat=True)) == before


def test_a_second_run_finds_nothing_to_do(connections: list[Connection], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    with tomorrow():
        rotate("--re-encrypt")
        again = rotate("--re-encrypt")
    assert (again["rewrapped"], again["renewed"], again["resealed"], again["dropped"]) == (0, 0, 0, 0)


def test_re_encryption_seals_every_value_under_a_fresh_data_key(connections: list[Connection]) -> None:
    before = [sealed_of(connection) for connection in connections]
    with tomorrow():
        result = rotate("--re-encrypt")
    assert (result["renewed"], result["resealed"]) == (2, 3)
    after = [sealed_of(connection) for connection in connections]
    assert not {crypto.key_id_of(text) for text in before} & {crypto.key_id_of(text) for text in after}
    assert [password_of(connection) for connection in connections] == [PASSWORD] * 3


def test_a_data_key_is_dropped_a_day_after_it_was_replaced(connections: list[Connection], fernhollow: Any) -> None:
    start = clock.now()
    with clock.held_at(start + timedelta(days=2)):
        assert rotate("--re-encrypt")["dropped"] == 0
    with clock.held_at(start + timedelta(days=4)):
        assert rotate("--re-encrypt")["dropped"] == 2
    ring = secrets.data_key_entries(Organization.objects.get(pk=fernhollow.pk).data_keys)
    assert len(ring) == 2
    assert [password_of(connection) for connection in connections] == [PASSWORD] * 3


def test_what_a_slow_transaction_sealed_under_the_old_key_still_opens(connections: list[Connection]) -> None:
    late = connections[0]
    with tomorrow():
        before = sealed_of(late)
        rotate("--re-encrypt")
        with organization_scope(late.organization_id):
            Connection.objects.filter(pk=late.pk).update(password_sealed=before)
        assert password_of(late) == PASSWORD
        assert rotate("--re-encrypt")["resealed"] == 1


def test_what_does_not_open_is_named_and_stops_nothing(connections: list[Connection], settings: Any) -> None:
    broken = connections[0]
    with organization_scope(broken.organization_id):
        Connection.objects.filter(pk=broken.pk).update(password_sealed=sealed_of(connections[1]))
    out = StringIO()
    with tomorrow(), pytest.raises(CommandError, match="1 could not be opened") as refusal:
        call_command("rotate_keys", "--re-encrypt", stdout=out, stderr=StringIO())
    assert f"fernhollow/mailboxes_connection/{broken.pk}/password_sealed" in str(refusal.value)
    assert PASSWORD not in out.getvalue() + str(refusal.value)
    assert [password_of(connection) for connection in connections[1:]] == [PASSWORD] * 2


def test_a_data_key_under_a_lost_installation_key_is_named(connections: list[Connection], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = NEW
    with pytest.raises(CommandError, match=r"2 could not be opened.*fernhollow/accounts_organization/d"):
        call_command("rotate_keys", stdout=StringIO(), stderr=StringIO())


def test_a_password_changed_meanwhile_is_not_overwritten(
    connections: list[Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves another password between reading the row and writing it back."""
    changed = connections[0]
    original = secrets.open_for

    def open_and_change(row: Any, field: str) -> str:
        plain = original(row, field)
        if row.pk == changed.pk and plain == PASSWORD:
            Connection.objects.filter(pk=row.pk).update(password_sealed=secrets.seal_for(row, field, "another one"))
        return plain

    monkeypatch.setattr(secrets, "open_for", open_and_change)
    with tomorrow():
        rotate("--re-encrypt")
        assert password_of(changed) == "another one"


def test_two_runs_side_by_side_wrap_once(connections: list[Connection], settings: Any, fernhollow: Any) -> None:
    """Both have read the organization before either of them writes."""
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    first, second = (Organization.objects.get(pk=fernhollow.pk) for _run in range(2))
    with tomorrow():
        rotation.re_encrypt(first, dry_run=False)
        assert rotation.rewrap(second, dry_run=False).rewrapped == 1
        rotation.re_encrypt(second, dry_run=False)
    ring = Organization.objects.get(pk=fernhollow.pk).data_keys
    assert ring == second.data_keys
    assert len(secrets.data_key_entries(ring)) == 2
    assert password_of(connections[0]) == PASSWORD


def test_more_rows_than_one_batch_are_all_renewed(
    connections: list[Connection], fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH_ROWS", 2)
    more = [make_connection(fernhollow) for _number in range(5)]
    with tomorrow():
        assert rotate("--re-encrypt")["resealed"] == 8
    assert [password_of(connection) for connection in more] == [PASSWORD] * 5


def test_malformed_keys_are_one_clear_line(fernhollow: Any, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = "nonsense"
    with pytest.raises(CommandError, match="ENCRYPTION_KEYS must read id:base64"):
        call_command("rotate_keys")


def test_every_sealed_column_is_registered() -> None:
    from django.apps import apps

    named = {
        (model._meta.label, column.name)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if column.name.endswith("_sealed")
    }
    assert named == set(secrets.SEALED_FIELDS)
