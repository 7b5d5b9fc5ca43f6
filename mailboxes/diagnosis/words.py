"""The English sentences for the codes of a connection test; `{name}` is filled in from the facts.

Kept apart so that the web layer can translate them: it looks a code up here and hands the sentence to gettext.
"""

from __future__ import annotations

from mailboxes.diagnosis import ews_words, graph_words, token_words
from mailboxes.diagnosis.results import Cause, Stage, StageResult

STAGES = {
    Stage.RESOLVE: "Find the server",
    Stage.CONNECT: "Reach the port",
    Stage.TLS: "Agree on encryption",
    Stage.SIGN_IN: "Sign in",
    Stage.TOKEN: "Get a token",
    Stage.MAILBOX: "Open the mailbox",
    Stage.FOLDER: "Open the folder",
    Stage.READ: "Read one message",
    Stage.SEND: "Send a message",
}

# What the whole test comes to: a headline and a remark, by the stage that failed.
FAILURES = {
    Stage.RESOLVE: ("The mail server can't be found", "Only the server name needs fixing."),
    Stage.CONNECT: (
        "The mail server can't be reached",
        "The server name is fine. The port or something on the way to the server is not.",
    ),
    Stage.TLS: ("There is no safe connection", "The server answers. Only the encryption needs fixing."),
    Stage.SIGN_IN: (
        "The server refused the sign-in",
        "The network and encryption are fine. Only the username, the password or the account needs fixing.",
    ),
    Stage.TOKEN: (
        "Microsoft gave no token",
        "The network is fine. Only the app, its consent, or the sign-in needs fixing.",
    ),
    Stage.MAILBOX: (
        "The mailbox can't be opened",
        "Microsoft gave a token. Only permissions or the mailbox need fixing.",
    ),
    Stage.READ: ("No message can be read", "The folder is there. Only reading from it needs fixing."),
    Stage.FOLDER: ("The folder can't be opened", "The sign-in is fine. Only the folder needs fixing."),
    Stage.SEND: ("Reading works, sending does not", "Postroom can read this mailbox, but not answer from it."),
}
RUNNING = ("Testing the connection", "This usually takes less than ten seconds.")
PASSED = ("Everything works", "Postroom can read and send mail as {address}. A test mail was sent and came back.")
PASSED_UNSENT = (
    "Everything works",
    "Postroom can read mail as {address}, and the server agrees to take mail from it. No test mail was sent.",
)
PASSED_DRAFT = (
    "Everything works",
    "Postroom can read mail as {address} and prepare answers there. Whether it may send, only a test mail shows.",
)
PASSED_NOT_SEEN = (
    "Reading works, the test mail has not come back yet",
    "The server took the test mail from {address} to itself. It may still arrive; sending may work all the same.",
)
PASSED_READING = ("Reading works", "Postroom can read mail as {address}. No server for sending was tried.")
SENDING_PASSED = ("Sending works", "The server agrees to take mail from and to {address}. No mail was sent.")
SENDING_FAILED = ("Sending does not work", "Mail from {address} would not leave through this server.")
INTERRUPTED = ("The test was interrupted", "Run it again.")
STOPPED = ("The test was stopped", "What was seen until then stands below. Nothing was saved.")

# The title of the page, by the stage that failed; {step} of {steps}.
FAILED_TITLES = {
    Stage.RESOLVE: "Server not found, step {step} of {steps}",
    Stage.CONNECT: "Server not reached, step {step} of {steps}",
    Stage.TLS: "Encryption failed, step {step} of {steps}",
    Stage.SIGN_IN: "Sign-in failed, step {step} of {steps}",
    Stage.TOKEN: "No token, step {step} of {steps}",
    Stage.MAILBOX: "Mailbox not opened, step {step} of {steps}",
    Stage.FOLDER: "Folder not opened, step {step} of {steps}",
    Stage.READ: "No message read, step {step} of {steps}",
    Stage.SEND: "Sending failed, step {step} of {steps}",
}
RUNNING_TITLE = "Testing, step {step} of {steps}"
PASSED_TITLE = "Test passed"
INTERRUPTED_TITLE = "Test interrupted"
STOPPED_TITLE = "Test stopped"

FACTS = {
    "waiting": "Not tried yet",
    "resolve.run": "Looking up {host}",
    "resolve.ok": "{host} is at {address}",
    "resolve.done": "{host} is looked up",
    "resolve.not_found": "We can't find {host}",
    "resolve.bad_name": "{host} is not a server name",
    "resolve.unwell": "The name service did not answer for {host}",
    "connect.run": "Trying port {port}",
    "connect.ok": "Port {port} answered",
    "connect.no_answer": "The server didn't answer on port {port} within {seconds} s",
    "connect.unreachable": "The server can't be reached on port {port}",
    "connect.proxy_unreachable": "The proxy can't be reached",
    "connect.proxy_sign_in": "The proxy refuses the username or password",
    "connect.proxy_refused": "The proxy doesn't connect to {host}",
    "tls.run": "Looking at the certificate of {host}",
    "tls.ok": "{version}. The certificate matches the name and is valid until {expires_on}",
    "tls.expires_soon": "{version}. The certificate matches the name, but is valid only until {expires_on}",
    "tls.none": "Not encrypted. The password can be read on the way",
    "tls.name": "The certificate is for {names}, not for {host}",
    "tls.expired": "The certificate expired on {expires_on}",
    "tls.not_yet_valid": "The certificate is valid from {starts_on} only",
    "tls.untrusted": "The certificate was issued by {issuer}, which is not trusted here",
    "tls.changed": "{host} shows another certificate than the one you trusted. Trusted: {trusted}. Shown: {shown}",
    "tls.trusted": "{version}. This is the certificate that you trusted, {fingerprint}",
    "tls.self_signed": "The certificate is self-signed",
    "tls.speaks_starttls": "Port {port} speaks STARTTLS, not TLS",
    "tls.speaks_tls": "Port {port} speaks TLS, not STARTTLS",
    "tls.not_offered": "The server offers no STARTTLS on port {port}",
    "tls.failed": "The server and Postroom could not agree on encryption",
    "tls.not_mail": "What answers on port {port} is not a mail server of this kind",
    "tls.no_greeting": "The server answered on port {port}, but said nothing",
    "sign_in.run": "Trying {username} over {protection}",
    "sign_in.ok": "Signed in as {username}",
    "sign_in.refused": "{host} said no to {username}",
    "sign_in.disabled": "{host} does not let {username} sign in this way",
    "sign_in.switched_off": "{host} says that {protocol} is switched off for {username}",
    "sign_in.no_access": "The password is right, but {username} may not open this mailbox",
    "sign_in.too_many": "{host} has too many connections open already",
    "sign_in.in_use": "Another program has the mailbox of {username} open. POP3 lets in one at a time",
    "sign_in.throttled": "{host} asks to wait",
    "sign_in.trouble": "{host} is in trouble of its own at the moment",
    "sign_in.lost": "{host} ended the connection",
    "sign_in.ews_no_access": "The password is right, but {username} may not open the mailbox of {user}",
    "sign_in.ews_no_mailbox": "{host} has no mailbox {user}",
    "sign_in.ews_elsewhere": "What answers at {host} are not Exchange Web Services",
    "sign_in.silent": "{host} did not answer within {seconds} s",
    "folder.run": "Looking for {folder}",
    "folder.ok": "{folder} has {count} messages",
    "folder.ok_one": "{folder} has 1 message",
    "folder.ok_empty": "{folder} is empty",
    "folder.maildrop": "{folder} can be read. There is something to know about this server",
    "folder.no_unique_ids": "{host} does not number its mail (UIDL), so that known mail could not be told from new",
    "folder.missing": "There's no folder called {folder}",
    "folder.trouble": "{host} could not open {folder}",
    "send.run": "Trying {host}",
    "send.run_mail": "Sending a mail to {address} and looking for it in {folder}",
    "send.skipped": "No server for sending is set",
    "send.ok": "{host} accepts mail from and to {address}; no mail was sent",
    "send.received_back": "Delivered to {address} and received back in {seconds} s",
    "send.not_seen": "Sent to {address}, but not seen in {folder} within {seconds} s",
    "send.not_found": "We can't find {host}",
    "send.unreachable": "{host} can't be reached on port {port}",
    "send.no_answer": "{host} didn't answer on port {port} within {seconds} s",
    "send.sign_in_refused": "{host} said no to {username}",
    "send.sign_in_disabled": "{host} does not let {username} sign in this way",
    "send.switched_off": "{host} says that sending with a password is switched off for {username}",
    "send.needs_encryption": "{host} takes mail over an encrypted connection only",
    "send.needs_sign_in": "{host} takes mail only from those who sign in",
    "send.refused": "Signed in, but sending was refused",
    "send.recipient_refused": "{host} does not take mail for {address}",
    "send.trouble": "{host} could not take a message at the moment",
}

CAUSES = {
    "check_spelling": "Check the spelling of the server name",
    "did_you_mean": "Did you mean {suggestion}?",
    "try_again": "Try again in a few minutes",
    "check_port": "Check the port. Usual are {ports}",
    "firewall": "A firewall may block the connection",
    "operator": "The operator of this installation may not allow this server or port",
    "check_proxy": "Check the proxy's server, port and kind",
    "check_proxy_login": "Enter the proxy's username and password again",
    "allow_in_proxy": "Have the proxy allow connections to this server and port",
    "use_starttls": "Change Security to STARTTLS",
    "use_tls": "Change Security to TLS",
    "use_encryption": "Change Security to TLS or STARTTLS",
    "use_certificate_name": "Use the name in the certificate as the server name: {names}",
    "fix_certificate": "Have the certificate fixed at the mail server",
    "renew_certificate": "Have the certificate renewed at the mail server",
    "renew_certificate_soon": "Have the certificate renewed before {expires_on}",
    "trust_certificate": "If it cannot be mended, compare the fingerprint with whoever runs the server, and trust "
    "this one certificate",
    "ask_for_fingerprint": "Ask whoever runs the server whether its certificate was replaced, and which fingerprint "
    "the new one has",
    "add_authority": "Have the operator add the authority that issued the certificate",
    "app_password": "Use an app password. This server wants one when two-step sign-in is on",
    "check_password": "Check the password",
    "password_expired": "Set a new password for the account: this one has expired",
    "full_address": "Check the username. Many servers want the full address, {address}",
    "local_part": "Check the username. Some servers want {local_part} instead of the full address",
    "microsoft_sign_in": "Microsoft no longer accepts passwords here. No password will work",
    "switch_on_imap": "Make sure IMAP is switched on for this account, at the mail provider",
    "switch_on_imap_google": "Switch on IMAP in Gmail: Settings, Forwarding and POP/IMAP. In Google Workspace an "
    "administrator allows it first: Admin console, Apps, Gmail, End user access",
    "switch_on_imap_microsoft": "Have IMAP switched on for the mailbox: Microsoft 365 admin center, Active users, the "
    "user, Mail, Manage email apps",
    "switch_on_imap_zoho": "Switch on IMAP in Zoho Mail: Settings, Mail Accounts, the address, IMAP",
    "switch_on_imap_yandex": "Switch on IMAP in Yandex Mail: All settings, Email clients",
    "switch_on_imap_gmx": "Switch on IMAP at the provider: Settings, POP3 and IMAP",
    "switch_on_pop3": "Make sure POP3 is switched on for this account, at the mail provider",
    "switch_on_pop3_google": "Switch on POP in Gmail: Settings, Forwarding and POP/IMAP. In Google Workspace an "
    "administrator allows it first: Admin console, Apps, Gmail, End user access",
    "switch_on_pop3_microsoft": "Have POP switched on for the mailbox: Microsoft 365 admin center, Active users, the "
    "user, Mail, Manage email apps",
    "switch_on_pop3_zoho": "Switch on POP in Zoho Mail: Settings, Mail Accounts, the address, POP",
    "switch_on_pop3_yandex": "Switch on POP3 in Yandex Mail: All settings, Email clients",
    "switch_on_ews": "Have Exchange Web Services switched on for the account, with NTLM or Basic as a way to sign in",
    "ews_username": "Check the username: DOMAIN\\user or user@domain, as the administrator of the server says. For a "
    "shared mailbox DOMAIN\\user\\alias",
    "ews_access": "Give the account full access to this mailbox",
    "ews_address": "Check the mailbox address; Exchange finds mailboxes by it",
    "switch_on_smtp_microsoft": "Have Authenticated SMTP switched on for the mailbox: Microsoft 365 admin center, "
    "Active users, the user, Mail, Manage email apps",
    "switch_takes_time": "Switched on just now? It may take up to an hour to count",
    "mailbox_access": "Give {username} full access to this mailbox, and check its licence",
    "close_connections": "Close other mail programs that use this account, or wait some minutes",
    "use_imap": "Read this account over IMAP, if the provider offers it",
    "read_mail_goes": "The server removes or hides mail once it was read. To keep it there, choose IMAP",
    "google_recent_mode": "Google shows mail that was read no more. If others read this mailbox too, use {username} as "
    "username, or choose IMAP",
    "poll_seldom": "The server lets one in every {seconds} seconds. Poll no more often than that",
    "pick_folder": "Pick one of the folders found",
    "allow_smtp": "Allow SMTP for the account",
    "check_sender": "Check the sender address, {address}",
    "smtp_username": "Use the same username and password as for reading",
    "check_security": "Check Security. Port 465 is usually TLS, port 587 STARTTLS",
    "wait_for_mail": "Look into the Junk folder, and check which folder is watched",
}


FACTS |= graph_words.FACTS | token_words.FACTS | ews_words.FACTS
CAUSES |= graph_words.CAUSES | token_words.CAUSES | ews_words.CAUSES


def title(result: StageResult) -> str:
    """What the stage does, in English."""
    return STAGES[result.stage]


def sentence(result: StageResult) -> str:
    """What the stage saw, in English."""
    return FACTS[result.fact].format_map(dict(result.facts))


def advice(cause: Cause) -> str:
    """What to try, in English."""
    return CAUSES[cause.code].format_map(dict(cause.facts))
