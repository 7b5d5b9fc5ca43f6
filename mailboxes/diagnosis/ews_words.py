"""The English sentences of the test of an Exchange server that tokens open, or that mail leaves through."""

from __future__ import annotations

FACTS = {
    "token.ews_run": "Asking {login} for a token",
    "token.ews_ok": "A token was given for {host}",
    "mailbox.ews_ok": "{username} may open the mailbox of {user}",
    "mailbox.ews_token": "{host} did not take the token",
    "mailbox.ews_permission": "The token allows nothing at {host}: the app lacks full_access_as_app, or it is of the "
    "wrong type",
    "mailbox.ews_scope": "The app may not open the mailbox of {user}",
    "mailbox.ews_person": "{username} may not open the mailbox of {user}",
    "mailbox.ews_person_scope": "Whoever signed in has not let the app use Exchange Web Services",
    "mailbox.ews_blocked": "{host} lets the app in nowhere, or keeps it away from the mailbox of {user}",
    "mailbox.ews_trouble": "{host} is in trouble of its own at the moment",
    "send.ews_draft_refused": "The mailbox of {user} can be read, but not written to",
    "send.ews_refused": "Nothing may be sent as {address}",
    "send.ews_trouble": "{host} did not take the mail at the moment",
}

CAUSES = {
    "grant_full_access": "Give the app full_access_as_app as an Application permission of Office 365 Exchange Online, "
    "not EWS.AccessAsUser.All, which is a Delegated one",
    "check_manifest": "Look into the manifest of the app: below resource 00000002-0000-0ff1-ce00-000000000000 the role "
    "dc890d15-9560-4a4c-9b7f-a736ec74ec40 must stand with the type Role, inside requiredResourceAccess",
    "ews_scope_app": "Add the mailbox to what the app may open: the scope of its role Application EWS.AccessAsApp, or "
    "the group of its access policy",
    "ews_switched_off": "Exchange Online lets in only apps on its list (EwsAllowedAppIDs), and none from 1 April 2027. "
    "Have the app put on it, or use Microsoft Graph",
    "ews_person_access": "Give {username} full access to the mailbox of {user}",
    "ews_person_scope": "Give the app EWS.AccessAsUser.All as a Delegated permission, and sign in again",
    "ews_server_tokens": "A server of your own has to be set up for Microsoft's tokens (hybrid modern authentication)",
    "ews_impersonation": "Give the account the role ApplicationImpersonation for this mailbox, or choose full access",
    "ews_send_as": "Give the account the right Send As for {address}",
    "ews_write": "Give the account full access to the mailbox, not reading alone",
}
