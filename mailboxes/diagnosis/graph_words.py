"""The English sentences of the test of a registered app at Microsoft; `words` joins them to the others."""

from __future__ import annotations

FACTS = {
    "tls.intercepted": "What answers as {host} shows a certificate that is not Microsoft's",
    "token.run": "Asking {login} for a token of the app",
    "token.ok": "Microsoft gave the app a token",
    "token.secret": "Microsoft does not take the client secret",
    "token.secret_expired": "The client secret has expired",
    "token.app": "The tenant knows no app with this client ID",
    "token.tenant": "Microsoft knows no tenant with this ID",
    "token.cloud": "The tenant lives in another cloud",
    "token.consent": "Nobody has consented to the app's permissions yet",
    "token.policy": "A Conditional Access policy of the organization keeps the app from signing in",
    "token.resource": "The tenant has no Exchange Online",
    "token.refused": "Microsoft gave no token",
    "token.unreachable": "{login} can't be reached",
    "token.trouble": "{login} is in trouble of its own at the moment",
    "mailbox.run": "Opening the mailbox of {user}",
    "mailbox.ok": "The app may open the mailbox of {user}",
    "mailbox.token": "Microsoft Graph did not take the token",
    "mailbox.permission": "The app is not permitted to open mailboxes",
    "mailbox.blocked": "A policy keeps the app away from the mailbox of {user}",
    "mailbox.unknown": "The tenant has no mailbox {user}",
    "mailbox.not_enabled": "{user} has no mailbox in Exchange Online",
    "mailbox.throttled": "Microsoft asks to wait",
    "mailbox.trouble": "Microsoft Graph is in trouble of its own at the moment",
    "read.run": "Reading one message",
    "read.ok": "One message was read; nothing was changed",
    "read.empty": "The folder is empty, so no message was read",
    "read.trouble": "The folder is there, but no message can be read",
    "send.run_draft": "Making a draft in the mailbox of {address}",
    "send.draft_ok": "A draft was made in the mailbox of {address} and removed; no mail was sent",
    "send.draft_refused": "The app may read the mailbox, but not write to it",
    "send.graph_refused": "The app may not send as {address}",
    "send.graph_trouble": "Microsoft did not take the mail at the moment",
}

CAUSES = {
    "secret_value": "Paste the secret's value, not its ID: the value is shown once, when the secret is created",
    "other_app": "The secret belongs to one app. Check the client ID",
    "new_secret": "Create a new client secret in Entra, under Certificates & secrets, and paste its value",
    "check_client": "Check the client ID: Application (client) ID on the app's overview in Entra",
    "check_tenant": "Check the tenant ID: Directory (tenant) ID on the same page",
    "check_cloud": "Choose the cloud that the tenant lives in",
    "grant_consent": "Have an administrator press Grant admin consent, or open the consent link below",
    "grant_permissions": "Give the app Mail.ReadWrite and Mail.Send as Application permissions of Microsoft Graph, not "
    "Delegated ones, and grant admin consent",
    "grant_send": "Give the app Mail.Send as an Application permission of Microsoft Graph, and grant admin consent",
    "consent_takes_time": "Consented just now? It may take up to 30 minutes to count",
    "scope_app": "Add the mailbox to what the app may open: its management scope in RBAC for Applications, or the "
    "group of its access policy",
    "policy_takes_time": "Changed just now? Exchange may take up to two hours, even where its own test says yes "
    "already",
    "conditional_access": "Have the policies for workload identities looked at, in Entra under Conditional Access",
    "check_mailbox": "Check the mailbox address",
    "check_licence": "Check that the mailbox has an Exchange Online licence, is not deleted, and does not lie on your "
    "own servers",
    "mailbox_takes_time": "Made just now? A new mailbox may take up to 30 minutes to open",
    "interception": "A firewall or proxy may be opening encrypted connections. Let it leave this host alone",
}
