"""The English sentences for accounts that are proven by tokens; `words` joins them to the others."""

from __future__ import annotations

FACTS = {
    "sign_in.token": "The provider gives no access for {username}",
    "sign_in.token_refused": "{host} did not take the provider's token for {username}",
    "send.token": "The provider gives no access for {username}",
    "send.token_refused": "{host} did not take the provider's token for {username}",
}

CAUSES = {
    "token_sign_in": "Choose Sign in again, on the mailbox's page",
    "token_consent": "Have an administrator allow the app for everybody; the page Sign in again shows the address",
    "token_policy": "Ask an administrator about the Conditional Access policies of your organization",
    "token_account": "Check at the provider whether the account is locked or disabled, or its password expired",
    "token_secret": "Enter the client secret again on the page Sign in again: its value, not its ID",
    "token_new_secret": "Make a new client secret at the provider, and enter its value on the page Sign in again",
    "token_app": "Check client ID, tenant and cloud on the page Sign in again",
    "token_licence": "Check that the organization has Exchange Online, and the mailbox a licence",
    "token_scopes": "Ask for scopes of one service only: remove others, such as User.Read",
}
