"""What stands in a log line."""

from __future__ import annotations

import logging

from helpdesk.lib.log_lines import FieldsFormatter


def line(logger_name: str, **fields: object) -> str:
    record = logging.getLogger(logger_name).makeRecord(
        logger_name, logging.INFO, __file__, 1, "mail.late", (), None, extra=fields
    )
    return FieldsFormatter("%(levelname)s %(message)s").format(record)


def test_fields_of_our_events_stand_behind_them() -> None:
    assert line("mailboxes.polling", reason="timeout", mailbox_id=3) == "INFO mail.late mailbox_id=3 reason=timeout"


def test_fields_of_other_packages_stay_out() -> None:
    assert line("django.request", request="GET /secret/token/") == "INFO mail.late"
