"""Who gets what at the pages of automatic answers; a part of `access_table`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, HERE, POST_ONLY, Row

TEXT_ROUTE = HERE + "automatic-answers/<slug:whose>/texts/<slug:kind>/"
NEW_TEXT = {"whose": "mailbox", "kind": "=acknowledgement"}
TEXT = NEW_TEXT | {"language": "=de"}
TEXT_DATA = {"version": "0", "subject": "Danke", "html": "<p>Danke</p>"}
ANSWERS_DATA = {"version": "0", "limits_version": "0", "max_answers": "5", "within_hours": "24"}
ANSWERS = [
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
