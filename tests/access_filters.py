"""Filters and what else is set for incoming mail; part of `tests/access_table.py`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, ADMINS_REFUSED, HERE, POST_ONLY, Row

MAILBOX = {"mailbox_id": "mailbox"}
FILTER_ROUTE = HERE + "filters/<slug:whose>/"
FILTER = {"whose": "mailbox"}
FILTER_DATA = {"mode": "ignore", "version": "0", "words": "parcel"}
AUTOMATIC_DATA = {"version": "0"} | {
    f"{kind}_{place}": "ignore"
    for kind in ("vacation", "auto-reply", "read-receipt", "feedback", "generated", "list")
    for place in ("new", "on_ticket")
}
INCOMING_DATA = {"version": "0", "repeat_days": "7", "copies": "apart", "quotes": "drop", "asks_above": "on"}
LOOPS_DATA = {
    **{"version": "0", "window_minutes": "60", "per_sender": "50", "per_pair": "400", "equal": "100"},
    **{"per_mailbox": "1000", "answers_per_mailbox": "300", "answers_per_pair": "8", "hold_hours": "24"},
}
BREAKER = {"breaker_id": "breaker"}
FILTERS = [
    Row(HERE + "loops/", ADMINS),
    Row(HERE + "loops/", ADMINS_AWAY, "POST", {}, LOOPS_DATA),
    Row(HERE + "loops/<int:breaker_id>/resumption/", POST_ONLY, objects=BREAKER),
    Row(HERE + "loops/<int:breaker_id>/resumption/", ADMINS_AWAY, "POST", BREAKER),
    Row(HERE + "mapping/<int:mailbox_id>/", ADMINS, objects=MAILBOX),
    Row(HERE + "mapping/<int:mailbox_id>/", ADMINS_REFUSED, "POST", MAILBOX, {"requester": "nobody"}),
    Row(HERE + "bench/", ADMINS),
    Row(HERE + "bench/", ADMINS_REFUSED, "POST", {}, {"source": ""}),
    Row(HERE + "bench/anonymous/", POST_ONLY),
    Row(HERE + "bench/anonymous/", ADMINS_REFUSED, "POST", {}, {"source": ""}),
    Row(HERE + "dry-runs/<int:mailbox_id>/", ADMINS, objects=MAILBOX),
    Row(HERE + "dry-runs/<int:mailbox_id>/", ADMINS_AWAY, "POST", MAILBOX, {"wanted": "20"}),
    Row(HERE + "automatic-mail/", ADMINS),
    Row(HERE + "automatic-mail/", ADMINS_AWAY, "POST", {}, AUTOMATIC_DATA),
    Row(HERE + "incoming-mail/", ADMINS),
    Row(HERE + "incoming-mail/", ADMINS_AWAY, "POST", {}, INCOMING_DATA),
    Row(HERE + "filters/", ADMINS),
    Row(FILTER_ROUTE, ADMINS, objects=FILTER),
    Row(FILTER_ROUTE, ADMINS_AWAY, "POST", FILTER, FILTER_DATA),
    Row(FILTER_ROUTE + "draft/", POST_ONLY, objects=FILTER),
    Row(FILTER_ROUTE + "draft/", ADMINS, "POST", FILTER, FILTER_DATA),
    Row(FILTER_ROUTE + "trial/", POST_ONLY, objects=FILTER),
    Row(FILTER_ROUTE + "trial/", ADMINS, "POST", FILTER, FILTER_DATA),
    Row(FILTER_ROUTE + "suggestions/", ADMINS, objects=FILTER),
    Row(FILTER_ROUTE + "import/", ADMINS, objects=FILTER),
    Row(FILTER_ROUTE + "import/", ADMINS_REFUSED, "POST", FILTER),
    Row(FILTER_ROUTE + "entries.csv", ADMINS, objects=FILTER),
    Row(HERE + "filters/<int:mailbox_id>/copying/", ADMINS, objects=MAILBOX),
    Row(HERE + "filters/<int:mailbox_id>/copying/", ADMINS_AWAY, "POST", MAILBOX),
    Row(HERE + "filters/copies/<int:copy_id>/undoing/", POST_ONLY, objects={"copy_id": "=0"}),
    Row(HERE + "filters/copies/<int:copy_id>/undoing/", "302 404 403 403 404 404", "POST", {"copy_id": "=0"}),
]
