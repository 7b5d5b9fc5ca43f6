"""Log lines with the fields of the event: `mail.late mailbox_id=3 reason=timeout`."""

from __future__ import annotations

import logging

OURS = ("helpdesk", "mailboxes", "ticketing")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request_id", "taskName"}


class FieldsFormatter(logging.Formatter):
    """Puts what our own code hands over as `extra` behind the message; others may hand over anything."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """The line without a traceback."""
        line = super().formatMessage(record)
        if record.name.partition(".")[0] not in OURS:
            return line
        fields = sorted((name, value) for name, value in record.__dict__.items() if name not in _STANDARD)
        return " ".join((line, *(f"{name}={value}" for name, value in fields)))
