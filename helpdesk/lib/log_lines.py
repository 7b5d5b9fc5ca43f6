"""Log lines with the fields of the event: `mail.late mailbox_id=3 reason=timeout`."""

from __future__ import annotations

import logging
import re

OURS = ("helpdesk", "mailboxes", "ticketing")
_KEY_IN_PATH = re.compile(r"(/(?:invitations|password/reset/key|files|images|push|hooks)/)[^\s/?#\"']+")
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "request_id", "taskName"}


class FieldsFormatter(logging.Formatter):
    """Puts what our own code hands over as `extra` behind the message; others may hand over anything.

    Of addresses whose last part is a key, that part is left out: whoever reads logs must not be able to use it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback if there is one."""
        return _KEY_IN_PATH.sub(r"\1***", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        """The line without a traceback."""
        line = super().formatMessage(record)
        if record.name.partition(".")[0] not in OURS:
            return line
        fields = sorted((name, value) for name, value in record.__dict__.items() if name not in _STANDARD)
        return " ".join((line, *(f"{name}={value}" for name, value in fields)))
