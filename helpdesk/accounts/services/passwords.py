"""The way to a first password, for an account that an operator made without one."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str

from helpdesk.accounts import mails
from helpdesk.accounts.adapter import reset_url
from helpdesk.accounts.models import Membership, User

_FIRST_PASSWORD = mails.MailTemplates(
    subject="accounts/mail/first_password_subject.txt",
    text="accounts/mail/first_password_message.txt",
    html="accounts/mail/first_password_message.html",
)


def password_link(user: User) -> str:
    """An address where the user's password can be set, once, for PASSWORD_RESET_TIMEOUT."""
    return reset_url(uid=user_pk_to_url_str(user), token=default_token_generator.make_token(user))


def send_first_password_link(membership: Membership) -> tuple[bool, str]:
    """Whether a mail with the link was sent to the member, and the link. Outside any transaction."""
    link = password_link(membership.user)
    context = {"organization": membership.organization, "link": link, "email": membership.user.email}
    return mails.send(_FIRST_PASSWORD, to=membership.user.email, context=context), link
