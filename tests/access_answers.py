"""Who gets what at the pages of automatic answers and canned replies; a part of `access_table`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, AGENTS, HERE, POST_ONLY, Row

TEXT_ROUTE = HERE + "automatic-answers/<slug:whose>/texts/<slug:kind>/"
NEW_TEXT = {"whose": "mailbox", "kind": "=acknowledgement"}
TEXT = NEW_TEXT | {"language": "=de"}
TEXT_DATA = {"version": "0", "subject": "Danke", "html": "<p>Danke</p>"}
ANSWERS_DATA = {"version": "0", "limits_version": "0", "max_answers": "5", "within_hours": "24"}
CANNED_ROUTE = HERE + "canned-replies/<int:reply_id>/"
CANNED = {"reply_id": "canned_reply"}
CANNED_DATA = {"version": "1", "name": "Serial", "html": "<p>It is below.</p>"}
ANSWERS = [
    Row(HERE + "canned-replies/", ADMINS),
    Row(HERE + "canned-replies/new/", ADMINS),
    Row(HERE + "canned-replies/new/", ADMINS_AWAY, "POST", {}, CANNED_DATA),
    Row(CANNED_ROUTE, ADMINS, objects=CANNED),
    Row(CANNED_ROUTE, ADMINS_AWAY, "POST", CANNED, CANNED_DATA),
    Row(CANNED_ROUTE, "302 404 403 403 404 404", objects={"reply_id": "canned_reply_of_otherco"}),
    Row(HERE + "tickets/<int:number>/canned-replies/", AGENTS, objects={"number": "ticket_number"}),
    Row(HERE + "automatic-answers/", ADMINS),
    Row(HERE + "automatic-answers/", ADMINS_AWAY, "POST", {}, ANSWERS_DATA),
    Row(HERE + "automatic-answers/<int:mailbox_id>/", ADMINS, objects={"mailbox_id": "mailbox"}),
    Row(
        HERE + "automatic-answers/<int:mailbox_id>/",
        ADMINS_AWAY,
        "POST",
        {"mailbox_id": "mailbox"},
        {"version": "0", "acknowledges": "on", "tells_not_worked": ""},
    ),
    Row(TEXT_ROUTE, ADMINS, objects=NEW_TEXT),
    Row(TEXT_ROUTE, ADMINS_AWAY, "POST", NEW_TEXT, TEXT_DATA | {"language": "de"}),
    Row(TEXT_ROUTE + "<slug:language>/", ADMINS, objects=TEXT),
    Row(TEXT_ROUTE + "<slug:language>/", ADMINS_AWAY, "POST", TEXT, TEXT_DATA),
    Row(TEXT_ROUTE + "<slug:language>/removal/", POST_ONLY, objects=TEXT),
    Row(TEXT_ROUTE + "<slug:language>/removal/", ADMINS_AWAY, "POST", TEXT),
]
