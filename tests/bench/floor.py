"""The floor: what intake costs with the standard library and nothing else.

Download with imapclient in batches of 50, parse with `policy.default`, decode and hash every part, COPY raw, message
and attachment rows into PostgreSQL with a commit for each batch. Its CPU is what Postroom's is divided by.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from email import message_from_bytes, policy

import psycopg
from imapclient import IMAPClient

BATCH = 50
TABLES = """
CREATE TABLE floor_raw (id bigserial PRIMARY KEY, uid bigint, sha256 text, content bytea);
CREATE TABLE floor_message (
    id bigserial PRIMARY KEY, uid bigint, message_id text, sender text, subject text, body text
);
CREATE TABLE floor_attachment (id bigserial PRIMARY KEY, uid bigint, filename text, sha256 text, size bigint);
"""


@dataclass(frozen=True)
class Cost:
    """What a run took."""

    messages: int
    wall_s: float
    cpu_s: float

    @property
    def cpu_ms_each(self) -> float:
        """CPU milliseconds a message."""
        return 1000 * self.cpu_s / self.messages


def measure(*, port: int, user: str, password: str, database_url: str) -> Cost:
    """The floor over everything in the user's inbox, read without TLS."""
    began, cpu = time.perf_counter(), time.process_time()
    count = 0
    with psycopg.connect(database_url) as database, IMAPClient("127.0.0.1", port, ssl=False) as client:
        database.execute(TABLES)
        database.commit()
        client.login(user, password)
        client.select_folder("INBOX", readonly=True)
        uids = client.search()
        for start in range(0, len(uids), BATCH):
            answers = client.fetch(uids[start : start + BATCH], ["BODY.PEEK[]"])
            _store(database, {uid: data[b"BODY[]"] for uid, data in answers.items()})
            count += len(answers)
    return Cost(messages=count, wall_s=time.perf_counter() - began, cpu_s=time.process_time() - cpu)


def _store(database: psycopg.Connection, mails: dict[int, bytes]) -> None:
    raws, messages, attachments = [], [], []
    for uid, content in mails.items():
        raws.append((uid, hashlib.sha256(content).hexdigest(), content))
        mail = message_from_bytes(content, policy=policy.default)
        body = ""
        for part in mail.walk():
            if part.is_multipart():
                continue
            decoded = part.get_payload(decode=True) or b""
            digest = hashlib.sha256(decoded).hexdigest()
            if part.get_content_type() == "text/plain" and not body:
                body = part.get_content()
            elif part.get_filename():
                attachments.append((uid, part.get_filename(), digest, len(decoded)))
        messages.append((uid, str(mail["message-id"]), str(mail["from"]), str(mail["subject"]), body))
    with database.cursor() as cursor:
        for table, columns, rows in (
            ("floor_raw", "uid, sha256, content", raws),
            ("floor_message", "uid, message_id, sender, subject, body", messages),
            ("floor_attachment", "uid, filename, sha256, size", attachments),
        ):
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    database.commit()
