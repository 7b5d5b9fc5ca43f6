"""Who gets what at the addresses of who may write, contact groups and contacts; part of `tests/access_table.py`."""

from __future__ import annotations

from tests.access_rows import ADMINS, ADMINS_AWAY, AGENTS, AGENTS_AWAY, HERE, MEMBERS, POST_ONLY, Row

WRITERS_DATA = {
    "version": "0",
    "openers": "anyone",
    "opening_strangers": "contact",
    "opening_refused": "hold",
    "updaters": "token",
    "updating_strangers": "contact",
    "updating_refused": "hold",
    "proof": "always",
}
GROUP = {"group_id": "contact_group"}
GROUP_DATA = {"version": "1", "name": "Partners", "rights-TOTAL_FORMS": "0", "rights-INITIAL_FORMS": "0"}
GROUP_ROUTE = HERE + "contact-groups/<int:group_id>/"
CONTACT = {"contact_id": "contact"}
CONTACT_ADDRESS = CONTACT | {"address_id": "contact_address"}
TWO_CONTACTS = CONTACT | {"other_id": "other_contact"}
CONTACT_ROUTE = HERE + "contacts/<int:contact_id>/"
WRITERS = [
    Row(HERE + "contact-groups/", ADMINS),
    Row(HERE + "contact-groups/new/", ADMINS),
    Row(HERE + "contact-groups/new/", ADMINS_AWAY, "POST", {}, GROUP_DATA | {"version": "0"}),
    Row(GROUP_ROUTE, ADMINS, objects=GROUP),
    Row(GROUP_ROUTE, ADMINS_AWAY, "POST", GROUP, GROUP_DATA),
    Row(GROUP_ROUTE + "deletion/", ADMINS, objects=GROUP),
    Row(GROUP_ROUTE + "deletion/", ADMINS_AWAY, "POST", GROUP),
    Row(HERE + "contacts/", MEMBERS),
    Row(CONTACT_ROUTE, MEMBERS, objects=CONTACT),
    Row(CONTACT_ROUTE + "addresses/", POST_ONLY, objects=CONTACT),
    Row(CONTACT_ROUTE + "addresses/", AGENTS_AWAY, "POST", CONTACT, {"address": "anna@home.test"}),
    Row(CONTACT_ROUTE + "addresses/<int:address_id>/removal/", POST_ONLY, objects=CONTACT_ADDRESS),
    Row(CONTACT_ROUTE + "addresses/<int:address_id>/removal/", AGENTS_AWAY, "POST", CONTACT_ADDRESS),
    Row(CONTACT_ROUTE + "merging/<int:other_id>/", AGENTS, objects=TWO_CONTACTS),
    Row(CONTACT_ROUTE + "merging/<int:other_id>/", AGENTS_AWAY, "POST", TWO_CONTACTS),
    Row(HERE + "who-may-write/", ADMINS),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS, objects={"whose": "=all"}),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS, objects={"whose": "mailbox"}),
    Row(HERE + "who-may-write/<slug:whose>/", ADMINS_AWAY, "POST", {"whose": "=all"}, WRITERS_DATA),
    Row(HERE + "who-may-write/<int:mailbox_id>/servers/", POST_ONLY, objects={"mailbox_id": "mailbox"}),
    Row(HERE + "who-may-write/<int:mailbox_id>/servers/", ADMINS_AWAY, "POST", {"mailbox_id": "mailbox"}),
]
