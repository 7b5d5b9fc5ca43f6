"""The pages of rules in the access table."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, HERE, POST_ONLY, Row

RULE_ROUTE = HERE + "rules/<slug:which>/"
RULE = {"which": "rule"}
RULE_ID = {"rule_id": "rule"}
RULE_DATA = {"name": "Stoves", "node": "1::group", "action": "2", "act-2": "priority", "to-2": "high"}
RESTORATION_ROUTE = HERE + "rules/<int:rule_id>/versions/<int:number>/restoration/"
RULES = [
    Row(HERE + "rules/", ADMINS),
    Row(RULE_ROUTE, ADMINS, objects=RULE),
    Row(RULE_ROUTE, ADMINS_AWAY, "POST", RULE, RULE_DATA),
    Row(RULE_ROUTE, "302 404 403 403 404 404", objects={"which": "rule_of_otherco"}),
    Row(RULE_ROUTE + "draft/", POST_ONLY, objects=RULE),
    Row(RULE_ROUTE + "draft/", ADMINS, "POST", RULE, RULE_DATA),
    Row(RULE_ROUTE + "trial/", ADMINS_AWAY, objects=RULE),
    Row(RULE_ROUTE + "trial/", ADMINS_AWAY, "POST", RULE, RULE_DATA),
    Row(HERE + "rules/<int:rule_id>/switch/", POST_ONLY, objects=RULE_ID),
    Row(HERE + "rules/<int:rule_id>/switch/", ADMINS_AWAY, "POST", RULE_ID, {"on": "no"}),
    Row(HERE + "rules/<int:rule_id>/place/", POST_ONLY, objects=RULE_ID),
    Row(HERE + "rules/<int:rule_id>/place/", ADMINS_AWAY, "POST", RULE_ID, {"place": "1"}),
    Row(HERE + "rules/<int:rule_id>/deletion/", POST_ONLY, objects=RULE_ID),
    Row(HERE + "rules/<int:rule_id>/deletion/", ADMINS_AWAY, "POST", RULE_ID),
    Row(HERE + "rules/<int:rule_id>/versions/", ADMINS, objects=RULE_ID),
    Row(RESTORATION_ROUTE, POST_ONLY, objects=RULE_ID | {"number": "=1"}),
    Row(RESTORATION_ROUTE, ADMINS_AWAY, "POST", RULE_ID | {"number": "=1"}),
]
