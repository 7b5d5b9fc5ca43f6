"""Who gets what at the inbound log; a part of `access_table`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, AGENTS, AGENTS_AWAY, HERE, POST_ONLY, Row

ENTRY = {"entry_id": "unfetched_message"}
LARGE_ENTRY = {"entry_id": "sighting_of_headers"}
ENTRY_ROUTE = HERE + "inbound-log/<int:entry_id>/"
LOG_BATCH_ROUTE = HERE + "inbound-log/batches/<int:batch_id>/"
LOG_BATCH = {"batch_id": "log_batch_of_admin"}
INBOUND_LOG = [
    Row(HERE + "inbound-log/", AGENTS),
    Row(HERE + "inbound-log/where-is-my-mail/", AGENTS),
    Row(HERE + "inbound-log/where-is-my-mail/junk/", ADMINS),
    Row(HERE + "keeping-mail/", ADMINS),
    Row(HERE + "keeping-mail/", ADMINS_AWAY, "POST", data={"raw_days": "90", "held_days": ""}),
    Row(HERE + "inbound-log/rest/", AGENTS),
    Row(HERE + "inbound-log/actions/<slug:what>/", POST_ONLY, objects={"what": "=release"}),
    Row(HERE + "inbound-log/actions/<slug:what>/", ADMINS_AWAY, "POST", {"what": "=release"}),
    Row(HERE + "inbound-log/actions/<slug:what>/", AGENTS_AWAY, "POST", {"what": "=not-spam"}),
    Row(HERE + "inbound-log/batches/", AGENTS),
    Row(LOG_BATCH_ROUTE + "stopping/", POST_ONLY, objects=LOG_BATCH),
    Row(LOG_BATCH_ROUTE + "stopping/", "302 404 403 404 302 404", "POST", LOG_BATCH),
    Row(LOG_BATCH_ROUTE + "dismissal/", POST_ONLY, objects=LOG_BATCH),
    Row(LOG_BATCH_ROUTE + "dismissal/", "302 404 403 404 302 404", "POST", LOG_BATCH),
    Row(ENTRY_ROUTE, AGENTS, objects=ENTRY),
    Row(ENTRY_ROUTE + "source/", AGENTS, objects=ENTRY),
    Row(HERE + "inbound-log/of-message/<int:raw_id>/entry/", "302 404 403 404 404 404", objects={"raw_id": "=0"}),
    Row(HERE + "inbound-log/of-message/<int:raw_id>/", "302 404 403 404 404 404", objects={"raw_id": "=0"}),
    Row(ENTRY_ROUTE + "message.eml", "302 404 403 404 404 404", objects=ENTRY),
    Row(ENTRY_ROUTE + "whole/", AGENTS_AWAY, objects=ENTRY),
    Row(ENTRY_ROUTE + "whole/fetching/", POST_ONLY, objects=LARGE_ENTRY),
    Row(ENTRY_ROUTE + "whole/fetching/", ADMINS_AWAY, "POST", LARGE_ENTRY),
    Row(ENTRY_ROUTE + "retry/", POST_ONLY, objects=ENTRY),
    Row(ENTRY_ROUTE + "retry/", ADMINS_AWAY, "POST", ENTRY),
    Row(ENTRY_ROUTE + "actions/<slug:what>/", POST_ONLY, objects=ENTRY | {"what": "=release"}),
    Row(ENTRY_ROUTE + "actions/<slug:what>/", ADMINS_AWAY, "POST", ENTRY | {"what": "=release"}),
    Row(ENTRY_ROUTE + "actions/<slug:what>/", AGENTS_AWAY, "POST", ENTRY | {"what": "=join"}),
    Row(ENTRY_ROUTE + "actions/<slug:what>/", "302 404 403 404 404 404", "POST", ENTRY | {"what": "=nothing"}),
]
