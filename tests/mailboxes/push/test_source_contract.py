"""What mail that is brought has in common with mail that is read from a server: the rows of the source contract.

There is no server and no session, so these rows are shown by what a program is answered and by what is there then. A
row of the contract stands either in SHOWN_BY or, with the reason, in MEANINGLESS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from helpdesk.lib import clock, files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.registry import source_for, traits_of
from mailboxes.services.push import push_addresses
from mailboxes.services.reading import arrival_rate
from tests.connectors import source_contract
from tests.connectors.source_contract.asking import mail
from tests.deaths import dies_at
from tests.mailboxes.push import test_over_http, test_posting
from tests.mailboxes.push.conftest import Pushed

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def stored(pushed: Pushed) -> list[bytes]:
    """What was taken, oldest first."""
    return [files.read(raw.storage_key) for raw in pushed.raws()]


def test_every_mail_comes_byte_for_byte(pushed: Pushed) -> None:
    mails = [mail(n, b"\xe9\xff " + b"x" * (n * 37)) for n in range(1, 31)]
    assert {pushed.post(raw).status_code for raw in mails} == {202}
    assert stored(pushed) == mails


def test_what_is_known_stays_known_under_a_new_address(pushed: Pushed) -> None:
    before = pushed.post(mail(1)).json()
    with organization_scope(pushed.mailbox.organization_id):
        pushed.token = push_addresses.renew_secret(pushed.mailbox)
    again = pushed.post(mail(1))
    assert (again.status_code, again.json()) == (200, before)
    assert pushed.post(mail(2)).status_code == 202
    assert stored(pushed) == [mail(1), mail(2)]


def test_a_mail_above_the_limit_is_not_taken_and_the_others_are(pushed: Pushed) -> None:
    pushed.change(max_message_bytes=10_000)
    mails = [mail(1), mail(2, b"x" * 20_000), mail(3)]
    assert [pushed.post(raw).status_code for raw in mails] == [202, 413, 202]
    assert stored(pushed) == [mail(1), mail(3)]


@pytest.mark.req("F33", "F48")
@pytest.mark.parametrize(
    ("point", "status"), [("receive.files_durable", 202), ("receive.in_store", 202), ("receive.committed", 200)]
)
def test_whoever_dies_before_the_answer_loses_and_doubles_nothing(pushed: Pushed, point: str, status: int) -> None:
    with dies_at(point):
        pushed.post(mail(1))
    assert len(pushed.sightings()) == (status == 200)
    assert [pushed.post(mail(1)).status_code, pushed.post(mail(2)).status_code] == [status, 202]
    assert stored(pushed) == [mail(1), mail(2)]


def test_whoever_brings_too_much_is_told_how_long_to_wait(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival_rate, "MOST_A_MINUTE", 1)
    moment = clock.now().replace(second=10)
    with clock.held_at(moment):
        pushed.post(mail(1))
        answer = pushed.post(mail(2))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    with clock.held_at(moment.replace(year=moment.year + 1)):
        assert pushed.post(mail(2)).status_code == 202
    assert stored(pushed) == [mail(1), mail(2)]


def test_there_is_no_server_to_open_and_nothing_to_do_on_it(pushed: Pushed) -> None:
    assert traits_of("push").after_import == {AfterImport.LEAVE}
    with pytest.raises(ConnectorError) as error:
        source_for("push", None)  # type: ignore[arg-type]  # there is no config either
    assert (error.value.reason, error.value.permanent) == (Reason.NOT_POLLED, True)


SHOWN_BY: Mapping[str, Callable[..., Any]] = {
    "test_every_mail_is_listed_once_and_comes_byte_for_byte": test_every_mail_comes_byte_for_byte,
    "test_the_same_mail_twice_is_two_messages": (  # two sightings of a server are two; the same bytes brought are one
        test_posting.test_the_same_bytes_again_have_the_same_answer_and_no_second_ticket
    ),
    "test_ids_hold_from_session_to_session_until_the_folder_is_made_anew": (
        test_what_is_known_stays_known_under_a_new_address
    ),
    "test_a_session_that_is_given_up_has_changed_nothing": (
        test_over_http.test_a_mail_that_is_cut_off_is_not_taken_for_whole
    ),
    "test_a_mail_above_the_limit_is_not_downloaded_and_the_others_are": (
        test_a_mail_above_the_limit_is_not_taken_and_the_others_are
    ),
    "test_acknowledging_twice_is_harmless_and_touches_nothing_else": (
        test_posting.test_the_same_bytes_again_have_the_same_answer_and_no_second_ticket
    ),
    "test_an_acknowledgement_that_fails_loses_nothing_and_is_made_again": (
        test_whoever_dies_before_the_answer_loses_and_doubles_nothing
    ),
    "test_a_restart_between_two_mails_loses_and_doubles_nothing": (
        test_whoever_dies_before_the_answer_loses_and_doubles_nothing
    ),
    "test_what_a_kind_cannot_do_is_an_error_and_changes_nothing": (
        test_there_is_no_server_to_open_and_nothing_to_do_on_it
    ),
    "test_a_wrong_password_is_refused_for_good": test_posting.test_an_address_that_never_was_leads_nowhere,
    "test_a_server_that_asks_to_wait_says_for_how_long": test_whoever_brings_too_much_is_told_how_long_to_wait,
    "test_a_server_that_is_down_is_unreachable_for_now": (
        test_posting.test_without_room_on_the_disk_the_sender_is_asked_to_come_again
    ),
    "test_a_server_that_goes_away_in_the_middle_is_connection_trouble_and_not_the_mails_fault": (
        test_posting.test_without_a_database_the_sender_is_asked_to_come_again
    ),
    "test_a_broken_line_is_an_error_that_may_pass": test_over_http.test_a_mail_that_is_cut_off_is_not_taken_for_whole,
}

NOTHING_LISTED = "nothing lies anywhere to be listed: each mail comes by itself, once it is there"
NO_MARKS = "no server holds the mail, so nothing is marked, moved or removed, and nobody else reads it there"
NO_FOLDERS = "mail is brought to a mailbox; there are no folders"
NO_SENT = "there is no folder for sent copies; answers leave through an outgoing server, which is what proves them"
NO_JUNK = "no provider stands before the mailbox with a folder of its own for spam"

MEANINGLESS: Mapping[str, str] = {
    "test_an_empty_folder_lists_nothing": NOTHING_LISTED,
    "test_a_start_date_leaves_out_what_came_before": NOTHING_LISTED,
    "test_a_start_date_counts_what_it_lets_in_unless_no_mail_tells_its_date": NOTHING_LISTED,
    "test_the_fingerprint_changes_when_mail_comes_and_only_then": NOTHING_LISTED,
    "test_the_cursor_and_the_window_before_it_bound_the_listing": NOTHING_LISTED,
    "test_a_mail_that_was_removed_meanwhile_is_gone_and_the_others_come": NOTHING_LISTED,
    "test_header_blocks_come_without_bodies_and_cut_at_256_kb": "what is too large is refused, header and all",
    "test_mail_that_was_read_elsewhere_is_listed_alike": NO_MARKS,
    "test_reading_marks_nothing": NO_MARKS,
    "test_a_session_for_reading_removes_nothing": NO_MARKS,
    "test_moving_to_a_folder_that_is_missing_is_an_error_and_loses_nothing": NO_MARKS,
    "test_moving_twice_leaves_one_message_in_the_folder": NO_MARKS,
    "test_a_folder_that_is_missing_is_not_found": NO_FOLDERS,
    "test_folders_are_listed_with_their_use": NO_FOLDERS,
    "test_a_folder_that_is_missing_holds_no_sent_copy": NO_SENT,
    "test_a_sent_copy_is_filed_once_and_found_again": NO_SENT,
    "test_where_nothing_can_be_filed_a_copy_is_found_and_a_missing_one_said": NO_SENT,
    "test_without_a_sent_folder_nothing_is_filed_and_nothing_proven": NO_SENT,
    "test_the_senders_mails_are_found_the_newest_first_and_nothing_is_marked": NO_JUNK,
    "test_of_many_the_newest_are_told_and_of_other_days_none": NO_JUNK,
    "test_a_sender_of_other_letters_is_found_however_the_mail_spells_it": NO_JUNK,
    "test_what_is_no_address_is_refused_before_anybody_is_asked": NO_JUNK,
    "test_a_server_that_asks_to_wait_says_for_how_long_here_too": NO_JUNK,
    "test_a_refused_sign_in_and_a_silent_server_are_said": NO_JUNK,
    "test_a_kind_without_folders_has_none_for_spam": NO_JUNK,
    "test_a_test_mail_is_known_when_it_comes_and_stays_unread": NO_MARKS,
    "test_mail_without_either_is_never_taken_for_it": "no connection test waits for a mail that is brought",
    "test_a_slow_line_is_not_a_stalled_one": "how long a sender may take is for the web server to say",
}


def rows() -> list[str]:
    """Every row of the source contract."""
    modules = [
        import_module(f"{source_contract.__name__}.{found.name}") for found in iter_modules(source_contract.__path__)
    ]
    return [name for module in modules for name in vars(module) if name.startswith("test_")]


def test_every_row_of_the_source_contract_is_shown_or_means_nothing_here() -> None:
    assert sorted(rows()) == sorted([*SHOWN_BY, *MEANINGLESS])
