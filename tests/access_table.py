"""Who gets what at every address of the product; `tests/test_url_access.py` asks, and misses routes without a row.

To add a page: one row for GET, and one for POST if the view takes it (a route without a POST row must answer 405).

    Row("o/<slug:slug>/settings/teams/<int:team_id>/", "302 404 403 403 200 200", objects={"team_id": "team"})

The route is written as `urls.py` has it, joined; the six codes are the answers to ACTORS in that order. `objects` fills
the arguments: the name of a maker in `tests/access_objects.py`, or "=text" for the text itself; the slug is always
fernhollow's. `data` is what a POST sends: choose what succeeds, or what is refused with 422, so that 403 and 404 are
seen to come first. Everybody begins with the same rows: what one of them changes is undone before the next one asks.
"""

from __future__ import annotations

from tests.access_answers import ANSWERS
from tests.access_filters import FILTERS
from tests.access_inbound_log import INBOUND_LOG
from tests.access_rows import (
    ADMINS,
    ADMINS_AWAY,
    ADMINS_POST_ONLY,
    ADMINS_REFUSED,
    AGENTS,
    AGENTS_AWAY,
    ANYONE,
    AWAY,
    HERE,
    MEMBERS,
    MEMBERS_AWAY,
    NOBODY,
    POST_ONLY,
    SIGNED_IN,
    Row,
    S,
)
from tests.access_rules import RULES
from tests.access_writers import WRITERS

MEMBER = {"member_id": "member"}
INVITATION = {"invitation_id": "invitation"}
TEAM = {"team_id": "team"}
CATEGORY = {"category_id": "category"}
COMPANY = {"company_id": "company"}
FIELD = {"field_id": "ticket_field"}
RESET_KEY = {"uidb36": "=1", "key": "=set-password"}
RESET_ROUTE = r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$"
TICKET = {"number": "ticket_number"}
TICKET_ROUTE = HERE + "tickets/<int:number>/"
ITS_FIELD = {"key": "key_of_ticket_field"}
MESSAGE = TICKET | {"message_id": "message_of_the_ticket"}
LARGE_MESSAGE = TICKET | {"message_id": "message_of_headers"}
MESSAGE_ROUTE = TICKET_ROUTE + "messages/<int:message_id>/"
ATTACHED_MAIL = {"public_id": "attached_mail"}
FILE = {"public_id": "=5b0c8a7e-0000-4000-8000-000000000000"}
MAILBOX = {"mailbox_id": "mailbox"}
DRAFT = {"mailbox_id": "draft"}
REFUSED_ADDRESS = {"mailbox_id": "mailbox", "refusal_id": "refused_address"}
PUSH_MAILBOX = {"mailbox_id": "push_mailbox"}
PUSH_DATA = {"name": "Shop", "address": "shop@fernhollow.test", "max_message_mb": "50"}
NAMED_SERVER_ROUTE = HERE + "mailboxes/outgoing/<uuid:server_id>/"
NAMED_SERVER = {"server_id": "named_server"}
NAMED_SERVER_DATA = {
    "name": "Relay",
    "smtp_host": "smtp.example",
    "smtp_port": "587",
    "smtp_security": "starttls",
}
SIGNED_IN_MAILBOX = {"mailbox_id": "signed_in_mailbox"}
PROXY_ROUTE = HERE + "mailboxes/proxies/<uuid:proxy_id>/"
PROXY = {"proxy_id": "proxy"}
TEST_CERTIFICATE_ROUTE = HERE + "mailboxes/test/<str:run_id>/certificate/<slug:stage>/"
TEST_CERTIFICATE = {"run_id": "=never-run", "stage": "=tls"}
TRUSTED_ROUTE = HERE + "mailboxes/certificates/<uuid:certificate_id>/removal/"
TRUSTED = {"certificate_id": "trusted_certificate"}
PROXY_DATA = {"name": "Way out", "kind": "socks5", "host": "proxy.example", "port": "1080"}
MAILBOX_ROUTE = HERE + "mailboxes/<int:mailbox_id>/"
TRACE_ACTION_ROUTE = MAILBOX_ROUTE + "trace/<slug:action>/"
RECIPIENT = {"recipient_id": "outbox_recipient"}
SERVER = {"server_id": "outgoing_server"}
BULK = {"change_id": "bulk_change_of_admin"}
MAIL = {"outbox_id": "outbox_mail"}
ORGANIZATION = {"name": "Fernhollow", "slug": "fernhollow", "timezone": "UTC"}

SIGNING_IN = [
    Row("accounts/login/", "200 302 302 302 302 302"),
    Row("accounts/login/", "200 302 302 302 302 302", "POST"),
    Row("accounts/logout/", "302 200 200 200 200 200"),
    Row("accounts/logout/", AWAY, "POST"),
    Row("accounts/inactive/", ANYONE),
    Row("accounts/password/change/", SIGNED_IN),
    Row("accounts/password/change/", SIGNED_IN, "POST"),
    Row("accounts/password/set/", AWAY),
    Row("accounts/password/set/", AWAY, "POST"),
    Row("accounts/password/reset/", ANYONE),
    Row("accounts/password/reset/", AWAY, "POST", data={"email": "nobody@fernhollow.test"}),
    Row("accounts/password/reset/done/", ANYONE),
    Row("accounts/password/reset/key/done/", ANYONE),
    Row(RESET_ROUTE, ANYONE, objects=RESET_KEY),
    Row(RESET_ROUTE, ANYONE, "POST", objects=RESET_KEY),
    Row("", AWAY),
    Row("first-run/", NOBODY),
    Row("first-run/", NOBODY, "POST"),
    Row("organizations/", SIGNED_IN),
    Row("profile/", AWAY),
    Row("invitations/<str:token>/", "200 403 403 403 403 403", objects={"token": "invitation_token"}),
    Row("invitations/<str:token>/", "422 403 403 403 403 403", "POST", {"token": "invitation_token"}, {"name": ""}),
]
PUSHING = [
    Row("push/<str:token>/", "405 405 405 405 405 405", objects={"token": "=never-given"}),
    Row("push/<str:token>/", NOBODY, "POST", {"token": "=never-given"}),
    Row("push/<str:token>/", "415 415 415 415 415 415", "POST", {"token": "push_token"}),
]
NOTIFICATIONS = [
    Row("notifications/graph/<str:token>/", "405 405 405 405 405 405", objects={"token": "=never-given"}),
    Row("notifications/graph/<str:token>/", "202 202 202 202 202 202", "POST", {"token": "=never-given"}),
]
SHELL = [
    Row("health/", ANYONE),
    Row("appearance/", "302 405 405 405 405 405"),
    Row("appearance/", AWAY, "POST", data={"theme": "dark"}),
]
PEOPLE = [
    Row(S, MEMBERS_AWAY),
    Row(S + "organization/", ADMINS),
    Row(S + "organization/", ADMINS_AWAY, "POST", data=ORGANIZATION),
    Row(S + "people/", ADMINS),
    Row(S + "people/<int:member_id>/", ADMINS, objects=MEMBER),
    Row(S + "people/<int:member_id>/role/", ADMINS_POST_ONLY, objects=MEMBER),
    Row(S + "people/<int:member_id>/role/", ADMINS_AWAY, "POST", MEMBER, {"role": "viewer"}),
    Row(S + "people/<int:member_id>/role/", "302 404 403 403 403 302", "POST", MEMBER, {"role": "owner"}),
    Row(S + "people/<int:member_id>/deactivation/", ADMINS_POST_ONLY, objects=MEMBER),
    Row(S + "people/<int:member_id>/deactivation/", ADMINS_AWAY, "POST", MEMBER),
    Row(S + "people/<int:member_id>/reactivation/", ADMINS_POST_ONLY, objects=MEMBER),
    Row(S + "people/<int:member_id>/reactivation/", ADMINS_AWAY, "POST", MEMBER),
    Row(S + "invitations/", ADMINS),
    Row(S + "invitations/", ADMINS_AWAY, "POST", data={"email": "zoe@fernhollow.test", "role": "agent"}),
    Row(S + "invitations/<int:invitation_id>/renewal/", ADMINS_POST_ONLY, objects=INVITATION),
    Row(S + "invitations/<int:invitation_id>/renewal/", ADMINS_AWAY, "POST", INVITATION),
    Row(S + "invitations/<int:invitation_id>/revocation/", ADMINS_POST_ONLY, objects=INVITATION),
    Row(S + "invitations/<int:invitation_id>/revocation/", ADMINS_AWAY, "POST", INVITATION),
    Row(S + "teams/", ADMINS),
    Row(S + "teams/new/", ADMINS),
    Row(S + "teams/new/", ADMINS_AWAY, "POST", data={"name": "Billing", "hue": "2"}),
    Row(S + "teams/<int:team_id>/", ADMINS, objects=TEAM),
    Row(S + "teams/<int:team_id>/", ADMINS_AWAY, "POST", TEAM, {"name": "Billing", "hue": "2"}),
    Row(S + "teams/<int:team_id>/deletion/", ADMINS, objects=TEAM),
    Row(S + "teams/<int:team_id>/deletion/", ADMINS_AWAY, "POST", TEAM),
    Row(S + "categories/", ADMINS),
    Row(S + "categories/new/", ADMINS),
    Row(S + "categories/new/", ADMINS_AWAY, "POST", data={"name": "Printer", "is_active": "on"}),
    Row(S + "categories/<int:category_id>/", ADMINS, objects=CATEGORY),
    Row(S + "categories/<int:category_id>/", ADMINS_AWAY, "POST", CATEGORY, {"name": "Printer", "is_active": "on"}),
    Row(S + "hours/", ADMINS),
    Row(S + "hours/", ADMINS_AWAY, "POST", data={"version": "0", "timezone": "Europe/Berlin", "monday": "9-17"}),
    Row(S + "companies/", ADMINS, objects=COMPANY),
    Row(S + "companies/new/", ADMINS, objects=COMPANY),
    Row(S + "companies/new/", ADMINS_AWAY, "POST", COMPANY, {"name": "Mill Lane School", "is_active": "on"}),
    Row(S + "companies/<int:company_id>/", ADMINS, objects=COMPANY),
    Row(S + "companies/<int:company_id>/", ADMINS_AWAY, "POST", COMPANY, {"name": "Mill Lane", "is_active": "on"}),
    Row(S + "roles/", MEMBERS),
    Row(S + "profile/", MEMBERS),
    Row(S + "profile/", MEMBERS_AWAY, "POST", data={"name": "Somebody"}),
    Row(S + "log/", ADMINS),
    Row(S + "log/export.csv", ADMINS),
]
TICKETS = [
    Row(HERE, MEMBERS_AWAY),
    Row(HERE + "views/<slug:view>/", MEMBERS, objects={"view": "=needs-reply"}),
    Row(HERE + "views/<slug:view>/rest/", AGENTS, objects={"view": "=needs-reply"}),
    Row(HERE + "bulk-changes/", AGENTS),
    Row(HERE + "tags/", AGENTS),
    Row(HERE + "fields/", ADMINS),
    Row(HERE + "fields/new/", ADMINS),
    Row(HERE + "fields/new/", ADMINS_AWAY, "POST", {}, {"label": "Order", "kind": "text", "is_active": "on"}),
    Row(HERE + "fields/<int:field_id>/", ADMINS, objects=FIELD),
    Row(HERE + "fields/<int:field_id>/", ADMINS_AWAY, "POST", FIELD, {"label": "Order", "is_active": "on"}),
    Row(HERE + "fields/<int:field_id>/order/", POST_ONLY, objects=FIELD),
    Row(HERE + "fields/<int:field_id>/order/", ADMINS_AWAY, "POST", FIELD, {"to": "up"}),
    Row(HERE + "tags/settings/", ADMINS),
    Row(HERE + "tags/settings/", ADMINS_AWAY, "POST"),
    *(
        row
        for step in ("stopping", "continuing", "undoing", "dismissal")
        for row in (
            Row(f"{HERE}bulk-changes/<int:change_id>/{step}/", POST_ONLY, objects=BULK),
            Row(f"{HERE}bulk-changes/<int:change_id>/{step}/", "302 404 403 404 302 404", "POST", BULK),
        )
    ),
    Row(HERE + "tickets/fields/", AGENTS),
    Row(HERE + "tickets/changes/<slug:what>/", POST_ONLY, objects={"what": "=status"}),
    Row(HERE + "tickets/changes/<slug:what>/", AGENTS_AWAY, "POST", {"what": "=status"}, {"value": "solved"}),
    Row(HERE + "tickets/changes/<int:first>/<int:last>/undoing/", POST_ONLY, objects={"first": "=1", "last": "=1"}),
    Row(
        HERE + "tickets/changes/<int:first>/<int:last>/undoing/",
        AGENTS_AWAY,
        "POST",
        {"first": "=1", "last": "=1"},
    ),
    Row(TICKET_ROUTE, MEMBERS, objects=TICKET),
    Row(TICKET_ROUTE + "preview/", MEMBERS, objects=TICKET),
    Row(TICKET_ROUTE + "answers/", POST_ONLY, objects=TICKET),
    Row(TICKET_ROUTE + "answers/", "302 404 403 422 422 422", "POST", TICKET),
    Row(TICKET_ROUTE + "draft/", POST_ONLY, objects=TICKET),
    Row(TICKET_ROUTE + "draft/", AGENTS_AWAY, "POST", TICKET),
    Row(TICKET_ROUTE + "draft/discarding/", POST_ONLY, objects=TICKET),
    Row(TICKET_ROUTE + "draft/discarding/", AGENTS_AWAY, "POST", TICKET),
    Row(TICKET_ROUTE + "draft/<slug:mode>/files/", POST_ONLY, objects=TICKET | {"mode": "=reply"}),
    Row(TICKET_ROUTE + "draft/<slug:mode>/files/", "302 404 403 400 400 400", "POST", TICKET | {"mode": "=reply"}),
    Row(TICKET_ROUTE + "draft/files/<uuid:public_id>/removal/", POST_ONLY, objects=TICKET | FILE),
    Row(TICKET_ROUTE + "draft/files/<uuid:public_id>/removal/", AGENTS_AWAY, "POST", TICKET | FILE),
    Row(TICKET_ROUTE + "files/<uuid:public_id>/", MEMBERS, objects=TICKET | ATTACHED_MAIL),
    Row(TICKET_ROUTE + "changes/<slug:what>/", POST_ONLY, objects=TICKET | {"what": "=priority"}),
    Row(TICKET_ROUTE + "changes/<slug:what>/", AGENTS_AWAY, "POST", TICKET | {"what": "=priority"}, {"value": "high"}),
    Row(TICKET_ROUTE + "fields/<slug:key>/", POST_ONLY, objects=TICKET | ITS_FIELD),
    Row(TICKET_ROUTE + "fields/<slug:key>/", AGENTS_AWAY, "POST", TICKET | ITS_FIELD, {"value": "1041"}),
    Row(TICKET_ROUTE + "suggestions/", AGENTS, objects=TICKET),
    Row(TICKET_ROUTE + "suggestions/<slug:what>/", POST_ONLY, objects=TICKET | {"what": "=team"}),
    Row(TICKET_ROUTE + "suggestions/<slug:what>/", AGENTS_AWAY, "POST", TICKET | {"what": "=team"}),
    Row(TICKET_ROUTE + "presence/", POST_ONLY, objects=TICKET),
    Row(TICKET_ROUTE + "presence/", "302 404 403 200 200 200", "POST", TICKET),
    Row(MESSAGE_ROUTE + "images/", POST_ONLY, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "images/", MEMBERS, "POST", MESSAGE),
    Row(MESSAGE_ROUTE + "original/", MEMBERS, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "original/frame/", MEMBERS, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "delivery/", MEMBERS, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "whole/", MEMBERS_AWAY, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "whole/fetching/", POST_ONLY, objects=LARGE_MESSAGE),
    Row(MESSAGE_ROUTE + "whole/fetching/", ADMINS_AWAY, "POST", LARGE_MESSAGE),
    Row(MESSAGE_ROUTE + "splitting/", POST_ONLY, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "splitting/", AGENTS_AWAY, "POST", MESSAGE),
    Row(MESSAGE_ROUTE + "moving/", POST_ONLY, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "moving/", AGENTS_AWAY, "POST", MESSAGE),
    Row(MESSAGE_ROUTE + "undoing/", POST_ONLY, objects=MESSAGE),
    Row(MESSAGE_ROUTE + "undoing/", AGENTS_AWAY, "POST", MESSAGE),
    Row("images/<str:signed>/", NOBODY, objects={"signed": "=no-signature"}),
    Row("files/<str:signed>/", "302 404 404 404 404 404", objects={"signed": "=no-signature"}),
]
PALETTE = [Row(HERE + "palette/", MEMBERS)]
MAILBOXES = [
    Row(HERE + "mailboxes/", ADMINS),
    Row(HERE + "mailboxes/email-to-ticket/", ADMINS),
    Row(HERE + "mailboxes/email-to-ticket/", ADMINS_AWAY, "POST", data={"state": "on"}),
    Row(HERE + "mailboxes/connect/", ADMINS),
    Row(HERE + "mailboxes/connect/", ADMINS_REFUSED, "POST", data={"address": ""}),
    Row(HERE + "mailboxes/guides/", ADMINS),
    Row(HERE + "mailboxes/guides/<slug:key>/", ADMINS, objects={"key": "=entra-app"}),
    Row(HERE + "mailboxes/new/", ADMINS),
    Row(HERE + "mailboxes/new/", ADMINS_REFUSED, "POST", data={"name": ""}),
    Row(HERE + "mailboxes/new/microsoft-app/", ADMINS),
    Row(HERE + "mailboxes/new/microsoft-app/", ADMINS_REFUSED, "POST", data={"name": ""}),
    Row(HERE + "mailboxes/new/microsoft-app/consent/", POST_ONLY),
    Row(HERE + "mailboxes/new/microsoft-app/consent/", "302 404 403 403 200 200", "POST", data={"tenant": ""}),
    Row(HERE + "mailboxes/test/", POST_ONLY),
    Row(HERE + "mailboxes/test/", ADMINS_REFUSED, "POST", data={"name": ""}),
    Row(HERE + "mailboxes/test/<str:run_id>/", "302 404 403 403 404 404", objects={"run_id": "=never-run"}),
    Row(HERE + "mailboxes/test/<str:run_id>/stop/", POST_ONLY, objects={"run_id": "=never-run"}),
    Row(
        HERE + "mailboxes/test/<str:run_id>/stop/", "302 404 403 403 404 404", "POST", objects={"run_id": "=never-run"}
    ),
    Row(TEST_CERTIFICATE_ROUTE, "302 404 403 403 404 404", objects=TEST_CERTIFICATE),
    Row(TEST_CERTIFICATE_ROUTE, "302 404 403 403 404 404", "POST", TEST_CERTIFICATE),
    Row(HERE + "mailboxes/settings/", ADMINS),
    Row(HERE + "mailboxes/settings/", ADMINS_REFUSED, "POST"),
    Row(HERE + "mailboxes/certificates/", ADMINS),
    Row(TRUSTED_ROUTE, ADMINS, objects=TRUSTED),
    Row(TRUSTED_ROUTE, ADMINS_AWAY, "POST", TRUSTED),
    Row(MAILBOX_ROUTE, ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE, ADMINS_REFUSED, "POST", MAILBOX, {"name": ""}),
    Row(MAILBOX_ROUTE + "health/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "sent-items/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "sent-items/switch/", POST_ONLY, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "sent-items/switch/", ADMINS_AWAY, "POST", MAILBOX, {"wanted": "off"}),
    Row(MAILBOX_ROUTE + "spam/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "spam/", ADMINS_REFUSED, "POST", MAILBOX, {"spam_trust": "nobody"}),
    Row(MAILBOX_ROUTE + "sender-check/", POST_ONLY, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "sender-check/", ADMINS_AWAY, "POST", MAILBOX),
    Row(MAILBOX_ROUTE + "back-fill/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "back-fill/", ADMINS_REFUSED, "POST", MAILBOX, {"first": ""}),
    Row(MAILBOX_ROUTE + "back-fill/import/", POST_ONLY, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "back-fill/import/", ADMINS_AWAY, "POST", MAILBOX),
    Row(MAILBOX_ROUTE + "trace/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "trace/text/", "302 404 403 403 404 404", objects=MAILBOX),
    Row(TRACE_ACTION_ROUTE, POST_ONLY, objects=MAILBOX | {"action": "=start"}),
    Row(TRACE_ACTION_ROUTE, ADMINS_AWAY, "POST", MAILBOX | {"action": "=start"}),
    Row(MAILBOX_ROUTE + "together/", ADMINS, objects=MAILBOX),
    *(
        row
        for step in ("again", "dismissal")
        for row in (
            Row(f"{MAILBOX_ROUTE}together/<uuid:refusal_id>/{step}/", POST_ONLY, objects=REFUSED_ADDRESS),
            Row(f"{MAILBOX_ROUTE}together/<uuid:refusal_id>/{step}/", ADMINS_AWAY, "POST", REFUSED_ADDRESS),
        )
    ),
    Row(HERE + "mailboxes/new/<slug:provider>/", ADMINS, objects={"provider": "=microsoft"}),
    Row(HERE + "mailboxes/new/<slug:provider>/", ADMINS_REFUSED, "POST", {"provider": "=other"}, {"name": ""}),
    Row(MAILBOX_ROUTE + "sign-in/", ADMINS, objects=SIGNED_IN_MAILBOX),
    Row(MAILBOX_ROUTE + "sign-in/", ADMINS_REFUSED, "POST", SIGNED_IN_MAILBOX, {"account": "nobody"}),
    Row(MAILBOX_ROUTE + "device-code/", ADMINS, objects=SIGNED_IN_MAILBOX),
    Row(MAILBOX_ROUTE + "device-code/new/", POST_ONLY, objects=SIGNED_IN_MAILBOX),
    Row(MAILBOX_ROUTE + "device-code/new/", ADMINS_AWAY, "POST", SIGNED_IN_MAILBOX),
    Row("oauth/callback/", "400 400 400 400 400 400"),
    Row(MAILBOX_ROUTE + "existing/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "existing/", ADMINS_REFUSED, "POST", DRAFT, {"existing_mail": "burn"}),
    Row(MAILBOX_ROUTE + "existing/", ADMINS_AWAY, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "existing/count/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "existing/since/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/", ADMINS_AWAY, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/provider/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/provider/", ADMINS_REFUSED, "POST", DRAFT, {"address": ""}),
    Row(MAILBOX_ROUTE + "setup/test/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/test/", ADMINS_AWAY, "POST", DRAFT),
    Row(MAILBOX_ROUTE + "setup/test/run/", POST_ONLY, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/test/run/", ADMINS_AWAY, "POST", MAILBOX),
    Row(MAILBOX_ROUTE + "setup/folder/", POST_ONLY, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/folder/", ADMINS_AWAY, "POST", DRAFT, {"folder": "INBOX"}),
    Row(MAILBOX_ROUTE + "setup/routing/", ADMINS, objects=DRAFT),
    Row(MAILBOX_ROUTE + "setup/routing/", ADMINS_REFUSED, "POST", DRAFT, {"ticket_priority": "none"}),
    Row(MAILBOX_ROUTE + "connected/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "end-to-end/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "end-to-end/", ADMINS_AWAY, "POST", MAILBOX),
    Row(HERE + "mailboxes/outgoing/", ADMINS),
    Row(HERE + "mailboxes/outgoing/new/", ADMINS),
    Row(HERE + "mailboxes/outgoing/new/", ADMINS_AWAY, "POST", data=NAMED_SERVER_DATA),
    Row(HERE + "mailboxes/outgoing/test/", POST_ONLY),
    Row(HERE + "mailboxes/outgoing/test/", ADMINS_REFUSED, "POST", data={"name": ""}),
    Row(NAMED_SERVER_ROUTE, ADMINS, objects=NAMED_SERVER),
    Row(NAMED_SERVER_ROUTE, ADMINS_AWAY, "POST", NAMED_SERVER, NAMED_SERVER_DATA),
    Row(NAMED_SERVER_ROUTE + "deletion/", ADMINS, objects=NAMED_SERVER),
    Row(NAMED_SERVER_ROUTE + "deletion/", ADMINS_AWAY, "POST", NAMED_SERVER),
    Row(HERE + "mailboxes/proxies/", ADMINS),
    Row(HERE + "mailboxes/proxies/new/", ADMINS),
    Row(HERE + "mailboxes/proxies/new/", ADMINS_AWAY, "POST", data=PROXY_DATA),
    Row(PROXY_ROUTE, ADMINS, objects=PROXY),
    Row(PROXY_ROUTE, ADMINS_AWAY, "POST", PROXY, PROXY_DATA),
    Row(PROXY_ROUTE + "deletion/", ADMINS, objects=PROXY),
    Row(PROXY_ROUTE + "deletion/", ADMINS_AWAY, "POST", PROXY),
    Row(HERE + "mailboxes/push/new/", ADMINS),
    Row(HERE + "mailboxes/push/new/", ADMINS_REFUSED, "POST", data={"name": ""}),
    Row(HERE + "mailboxes/push/new/", ADMINS_AWAY, "POST", data=PUSH_DATA),
    Row(MAILBOX_ROUTE + "push/", ADMINS, objects=PUSH_MAILBOX),
    Row(MAILBOX_ROUTE + "push/", "302 404 403 403 404 404", objects=MAILBOX),
    Row(MAILBOX_ROUTE + "push/", ADMINS_AWAY, "POST", PUSH_MAILBOX, PUSH_DATA),
    Row(MAILBOX_ROUTE + "push/address/", POST_ONLY, objects=PUSH_MAILBOX),
    Row(MAILBOX_ROUTE + "push/address/", ADMINS, "POST", PUSH_MAILBOX),
    Row(MAILBOX_ROUTE + "push/forwarding/", POST_ONLY, objects=PUSH_MAILBOX),
    Row(MAILBOX_ROUTE + "push/forwarding/", ADMINS_AWAY, "POST", PUSH_MAILBOX),
    Row(MAILBOX_ROUTE, "302 404 403 403 302 302", objects=PUSH_MAILBOX),
    Row(HERE + "mailboxes/check/", POST_ONLY),
    Row(HERE + "mailboxes/check/", ADMINS_AWAY, "POST"),
    Row(MAILBOX_ROUTE + "deletion/", ADMINS, objects=MAILBOX),
    Row(MAILBOX_ROUTE + "deletion/", ADMINS_AWAY, "POST", MAILBOX),
    Row(MAILBOX_ROUTE + "<slug:action>/", POST_ONLY, objects=MAILBOX | {"action": "=pause"}),
    Row(MAILBOX_ROUTE + "<slug:action>/", ADMINS_AWAY, "POST", MAILBOX | {"action": "=pause"}),
]
OUTBOX = [
    Row(HERE + "outbox/", AGENTS),
    Row(HERE + "outbox/suppressions/", ADMINS),
    Row(HERE + "outbox/suppressions/", ADMINS_AWAY, "POST", {}, {"values": "anna@customer.test"}),
    Row(HERE + "outbox/suppressions/bounced/", ADMINS),
    Row(HERE + "outbox/suppressions/bounced/<int:bounced_id>/clearing/", POST_ONLY, objects={"bounced_id": "=0"}),
    Row(HERE + "outbox/suppressions/bounced/<int:bounced_id>/clearing/", ADMINS_AWAY, "POST", {"bounced_id": "=0"}),
    Row(HERE + "outbox/suppressions/<int:suppression_id>/removal/", POST_ONLY, objects={"suppression_id": "=0"}),
    Row(HERE + "outbox/suppressions/<int:suppression_id>/removal/", ADMINS_AWAY, "POST", {"suppression_id": "=0"}),
    Row(HERE + "outbox/recipients/<int:recipient_id>/address/", POST_ONLY, objects=RECIPIENT),
    Row(HERE + "outbox/recipients/<int:recipient_id>/address/", AGENTS_AWAY, "POST", RECIPIENT),
    Row(HERE + "outbox/servers/<uuid:server_id>/resumption/", POST_ONLY, objects=SERVER),
    Row(HERE + "outbox/servers/<uuid:server_id>/resumption/", ADMINS_AWAY, "POST", SERVER),
    Row(HERE + "outbox/<int:outbox_id>/<slug:action>/", POST_ONLY, objects=MAIL | {"action": "=retry"}),
    Row(HERE + "outbox/<int:outbox_id>/<slug:action>/", AGENTS_AWAY, "POST", MAIL | {"action": "=retry"}),
]
INTEGRATION = {"integration_id": "integration"}
TOKEN = {"integration_id": "integration", "token_id": "integration_token"}
INTEGRATION_ROUTE = S + "integrations/<int:integration_id>/"
TOKEN_ROUTE = INTEGRATION_ROUTE + "tokens/<int:token_id>/revocation/"
INTEGRATIONS = [
    Row(S + "integrations/", ADMINS),
    Row(S + "integrations/reference/", ADMINS),
    Row(S + "integrations/new/", ADMINS),
    Row(S + "integrations/new/", ADMINS_AWAY, "POST", data={"name": "Shop"}),
    Row(INTEGRATION_ROUTE, ADMINS, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE, ADMINS_AWAY, "POST", INTEGRATION, {"name": "Shop"}),
    Row(INTEGRATION_ROUTE, "302 404 403 403 404 404", objects={"integration_id": "integration_of_otherco"}),
    Row(INTEGRATION_ROUTE + "deletion/", ADMINS, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE + "deletion/", ADMINS_AWAY, "POST", INTEGRATION),
    Row(INTEGRATION_ROUTE + "pause/", POST_ONLY, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE + "pause/", ADMINS_AWAY, "POST", INTEGRATION),
    Row(INTEGRATION_ROUTE + "resumption/", POST_ONLY, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE + "resumption/", ADMINS_AWAY, "POST", INTEGRATION),
    Row(INTEGRATION_ROUTE + "tokens/", POST_ONLY, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE + "tokens/", ADMINS, "POST", INTEGRATION, {"scope": "read"}),
    Row(TOKEN_ROUTE, ADMINS, objects=TOKEN),
    Row(TOKEN_ROUTE, ADMINS_AWAY, "POST", TOKEN),
]
WEBHOOK_ROUTE = INTEGRATION_ROUTE + "webhooks/<uuid:webhook_id>/"
WEBHOOK = INTEGRATION | {"webhook_id": "webhook"}
WEBHOOK_DELIVERY = WEBHOOK | {"delivery_id": "webhook_delivery"}
WEBHOOK_DATA = {"url": "https://desk.example/hook", "types": ["ticket.created"]}
OTHERS_WEBHOOK = WEBHOOK | {"webhook_id": "webhook_of_otherco"}
INCOMING_ROUTE = INTEGRATION_ROUTE + "incoming/"
INCOMING = {"integration_id": "called_integration"}
CALL = INCOMING | {"call_id": "incoming_call"}
WEBHOOKS = [
    Row(INTEGRATION_ROUTE + "webhooks/new/", ADMINS, objects=INTEGRATION),
    Row(INTEGRATION_ROUTE + "webhooks/new/", ADMINS, "POST", INTEGRATION, WEBHOOK_DATA),
    Row(WEBHOOK_ROUTE, ADMINS, objects=WEBHOOK),
    Row(WEBHOOK_ROUTE, ADMINS_AWAY, "POST", WEBHOOK, WEBHOOK_DATA),
    Row(WEBHOOK_ROUTE, "302 404 403 403 404 404", objects=OTHERS_WEBHOOK),
    Row(WEBHOOK_ROUTE + "earlier-tickets/", ADMINS, objects=WEBHOOK),
    Row(WEBHOOK_ROUTE + "earlier-tickets/", "302 404 403 403 404 404", objects=OTHERS_WEBHOOK),
    Row(WEBHOOK_ROUTE + "secret/", ADMINS, objects=WEBHOOK),
    Row(WEBHOOK_ROUTE + "secret/", ADMINS, "POST", WEBHOOK),
    Row(WEBHOOK_ROUTE + "deletion/", ADMINS, objects=WEBHOOK),
    Row(WEBHOOK_ROUTE + "deletion/", ADMINS_AWAY, "POST", WEBHOOK),
    Row(WEBHOOK_ROUTE + "deliveries/<int:delivery_id>/again/", POST_ONLY, objects=WEBHOOK_DELIVERY),
    Row(WEBHOOK_ROUTE + "deliveries/<int:delivery_id>/again/", ADMINS_AWAY, "POST", WEBHOOK_DELIVERY),
    Row(WEBHOOK_ROUTE + "<slug:action>/", POST_ONLY, objects=WEBHOOK | {"action": "=test"}),
    Row(WEBHOOK_ROUTE + "<slug:action>/", ADMINS_AWAY, "POST", WEBHOOK | {"action": "=test"}),
    Row(WEBHOOK_ROUTE + "<slug:action>/", ADMINS_AWAY, "POST", WEBHOOK | {"action": "=bring-over"}),
    Row(INCOMING_ROUTE, ADMINS, objects=INCOMING),
    Row(INCOMING_ROUTE, ADMINS_AWAY, "POST", INCOMING, {"ticket": "/ticket/id"}),
    Row(INCOMING_ROUTE, ADMINS, objects=INTEGRATION),
    Row(INCOMING_ROUTE, ADMINS, "POST", INTEGRATION, {"proof": "bearer"}),
    Row(INCOMING_ROUTE + "<slug:what>/renewal/", POST_ONLY, objects=INCOMING | {"what": "=secret"}),
    Row(INCOMING_ROUTE + "<slug:what>/renewal/", ADMINS, "POST", INCOMING | {"what": "=secret"}),
    Row(INCOMING_ROUTE + "deletion/", ADMINS, objects=INCOMING),
    Row(INCOMING_ROUTE + "deletion/", ADMINS_AWAY, "POST", INCOMING),
    Row(INCOMING_ROUTE + "calls/<int:call_id>/", ADMINS, objects=CALL),
    Row(INCOMING_ROUTE + "calls/<int:call_id>/retry/", POST_ONLY, objects=CALL),
    Row(INCOMING_ROUTE + "calls/<int:call_id>/retry/", ADMINS_AWAY, "POST", CALL),
    Row("hooks/<str:token>/", "405 405 405 405 405 405", objects={"token": "=unknown"}),
    Row("hooks/<str:token>/", NOBODY, "POST", {"token": "=unknown"}),
]
SANDBOX = [  # with DEMO on; customers' mail belongs to no organization
    Row("sandbox/", SIGNED_IN),
    Row("sandbox/new/", SIGNED_IN),
    Row("sandbox/new/", "302 422 422 422 422 422", "POST", data={"name": ""}),
    Row("sandbox/mails/<str:key>/", "302 404 404 404 404 404", objects={"key": "=never-arrived"}),
    Row("sandbox/mails/<str:key>/", "302 404 404 404 404 404", "POST", {"key": "=never-arrived"}),
]

TABLE: list[Row] = [
    *SIGNING_IN,
    *PUSHING,
    *NOTIFICATIONS,
    *SHELL,
    *PEOPLE,
    *TICKETS,
    *PALETTE,
    *MAILBOXES,
    *OUTBOX,
    *INTEGRATIONS,
    *ANSWERS,
    *FILTERS,
    *WRITERS,
    *RULES,
    *WEBHOOKS,
    *INBOUND_LOG,
    *SANDBOX,
]
