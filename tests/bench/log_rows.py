"""An inbound log of any length, made inside PostgreSQL: what mail of a busy organization looks like there.

Of a thousand messages 400 opened tickets, 250 answered them, 200 were ignored, 100 were repeated, 40 were spam, 8 are
bounces and 2 failed; every 4,000th is held. They came through 20 mailboxes, but for 60 old ones through a quiet one.
"""

from __future__ import annotations

import psycopg

STARTED = "2026-01-01 00:00:00+00"
HELD_EVERY = 4000
SENDERS = 50_000
QUIET = 60  # messages of the quiet mailbox, the oldest of all

_TICKETS = """
INSERT INTO ticketing_ticket
SELECT (jsonb_populate_record(NULL::ticketing_ticket, to_jsonb(one) || jsonb_build_object(
    'id', %(base)s + n, 'number', n, 'subject', 'Order ' || n, 'last_position', n))).*
FROM (SELECT * FROM ticketing_ticket WHERE organization_id = %(organization)s ORDER BY id LIMIT 1) one,
     generate_series(2, %(count)s) n
"""
_RAWS = """
INSERT INTO mailboxes_rawmessage (id, organization_id, mailbox_id, sha256, size_bytes, storage_key, is_header_only,
    is_history, state, error, stored_at, processed_at)
SELECT %(base)s + n, %(organization)s, (%(mailboxes)s::bigint[])[1 + n %% 20], md5(n::text) || md5((-n)::text), 5000,
    'raw/' || n, false, false, CASE WHEN n %% 1000 IN (998, 999) THEN 'quarantined' ELSE 'done' END, '',
    %(started)s::timestamptz + n * interval '10 seconds', %(started)s::timestamptz + n * interval '10 seconds'
FROM generate_series(1, %(count)s) n
"""
_ROWS = """
INSERT INTO mailboxes_remotemessage (id, organization_id, mailbox_id, source_generation, folder, epoch, remote_id,
    size_bytes, received_at, seen_at, raw_id, is_history, fetch_attempts, message_id, message_key, subject, sender,
    outcome, reason_code, reason_data, trace, ticket_id, decided_at, ack_state, ack_reason, ack_error)
SELECT %(base)s + n, %(organization)s,
    CASE WHEN n <= %(quiet)s THEN %(quiet_mailbox)s ELSE (%(mailboxes)s::bigint[])[1 + n %% 20] END,
    1, 'INBOX', '1', n::text, 5000, at, at + interval '5 seconds', %(base)s + n, false, 1,
    'mail' || n || '@customers.example', md5(n || ' ' || %(organization)s),
    (ARRAY['Order', 'Stove', 'Tent', 'Refund', 'Delivery'])[1 + n %% 5] || ' number ' || n,
    'customer' || (n %% %(senders)s) || '@customers.example', outcome,
    (ARRAY['new_mail', 'answer', 'filtered', 'duplicate', 'spam_header', 'foreign_bounce', 'quarantined',
        'may_not_open'])[array_position(
        ARRAY['created', 'added', 'ignored', 'duplicate', 'spam', 'bounce', 'failed', 'held'], outcome)],
    CASE WHEN outcome = 'failed' THEN jsonb_build_object('error', 'Error' || n %% 3, 'tries', 3) ELSE '{}' END,
    '["join_as_ordered", "complete_message", "ignore_own_mail", "open_ticket", {"saw": {}}]',
    CASE WHEN outcome IN ('created', 'added') THEN %(base)s + 1 + n %% %(tickets)s END, at, 'none', '', ''
FROM (SELECT n, %(started)s::timestamptz + n * interval '10 seconds' AS at,
    CASE WHEN n %% %(held_every)s = 0 THEN 'held' WHEN n %% 1000 < 400 THEN 'created' WHEN n %% 1000 < 650 THEN 'added'
        WHEN n %% 1000 < 850 THEN 'ignored' WHEN n %% 1000 < 950 THEN 'duplicate' WHEN n %% 1000 < 990 THEN 'spam'
        WHEN n %% 1000 < 998 THEN 'bounce' ELSE 'failed' END AS outcome
    FROM generate_series(1, %(count)s) n) made
"""


def fill(superuser_url: str, *, organization_id: int, mailbox_ids: list[int], count: int, base: int) -> None:
    """So many messages stand in the log. mailbox_ids: 20 busy ones, then the quiet one; base: ids begin behind it.

    The organization has one ticket, whose number is 1. Without the checks of foreign keys, which take most of the time.
    """
    values = {
        "organization": organization_id,
        "mailboxes": mailbox_ids[:20],
        "quiet_mailbox": mailbox_ids[20],
        "count": count,
        "tickets": max(1, count // 4),
        "base": base,
        "quiet": QUIET,
        "senders": SENDERS,
        "started": STARTED,
        "held_every": HELD_EVERY,
    }
    with psycopg.connect(superuser_url) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(_TICKETS, values | {"count": values["tickets"]})
        owner.execute(_RAWS, values)
        owner.execute(_ROWS, values)
