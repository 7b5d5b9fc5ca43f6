"""What Dovecot 2.3 reads at start, for root and for an ordinary user."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ports:
    """Where the server listens on 127.0.0.1."""

    imap: int
    imaps: int
    pop3: int
    pop3s: int
    lmtp: int


def configuration(*, folder: Path, ports: Ports, certificate: Path, account: str, oauth: bool) -> str:
    """The text of dovecot.conf.

    account: whom the mail belongs to; an ordinary user runs everything under their own name.
    """
    return "\n".join(
        [
            _general(folder=folder, certificate=certificate),
            _PRIVILEGED if os.geteuid() == 0 else _unprivileged(account),
            _people(folder=folder, account=account, oauth=oauth),
            _NAMESPACE,
            _listeners(ports),
        ]
    )


def oauth_configuration(url: str) -> str:
    """The text of the file that the oauth2 password database reads."""
    return (
        f"introspection_url = {url}\nintrospection_mode = post\nusername_attribute = email\n"
        "active_attribute = active\nactive_value = true\ntimeout_msecs = 5000\n"
    )


def _general(*, folder: Path, certificate: Path) -> str:
    return f"""
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot-messages.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
first_valid_uid = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
mailbox_idle_check_interval = 1 secs
# A refused password is answered at once, and many workers share one account.
auth_failure_delay = 0
mail_max_userip_connections = 200
# Thousands of connections may wait in IDLE.
default_client_limit = 20000
service imap {{
  process_limit = 5000
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


_PRIVILEGED = """
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service pop3-login {
  chroot =
}
"""


def _unprivileged(account: str) -> str:
    return f"""
default_internal_user = {account}
default_internal_group = {_group_of(account)}
default_login_user = {account}
{_PRIVILEGED}
"""


def _people(*, folder: Path, account: str, oauth: bool) -> str:
    group = _group_of(account)
    # A file for each user: a new one is seen at once, while a shared one is read at most once a second.
    bearer = f"""
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth.conf
}}"""
    return f"""
auth_mechanisms = plain login{" xoauth2 oauthbearer" if oauth else ""}
mail_uid = {account}
mail_gid = {group}
first_valid_gid = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users/%u
  mechanisms = plain login
}}{bearer if oauth else ""}
userdb {{
  driver = static
  args = uid={account} gid={group} home={folder}/mail/%u allow_all_users=yes
}}
"""


_NAMESPACE = (
    "namespace inbox {\n  inbox = yes\n  separator = /\n"
    + "".join(
        f"  mailbox {name} {{\n    special_use = \\{use}\n    auto = subscribe\n  }}\n"
        for name, use in [
            ("Drafts", "Drafts"),
            ("Sent", "Sent"),
            ("Junk", "Junk"),
            ("Trash", "Trash"),
            ("Archive", "Archive"),
        ]
    )
    + "}\n"
)


def _group_of(account: str) -> str:
    return grp.getgrgid(pwd.getpwnam(account).pw_gid).gr_name


def _listeners(ports: Ports) -> str:
    return f"""
service imap-login {{
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {ports.pop3}
  }}
  inet_listener pop3s {{
    port = {ports.pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {ports.lmtp}
  }}
}}
"""
