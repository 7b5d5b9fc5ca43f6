"""What a bearer token may do at Microsoft Graph, and how Graph words an error."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.https import Answer, json_answer

SHARED = ".Shared"


@dataclass(frozen=True)
class Access:
    """What a bearer token may do."""

    granted: frozenset[str]
    account: str = ""  # whoever signed in; "": the app itself

    def at(self, user: str) -> frozenset[str]:
        """The permissions that count in this user's mailbox: of a person in another's, those of shared ones alone.

        Those of shared mailboxes hold for the person's own as well (permissions-reference).
        """
        shared = frozenset(name.removesuffix(SHARED) for name in self.granted if name.endswith(SHARED))
        if self.account and user != self.account:
            return shared
        return self.granted | shared


def graph_error(status: int, code: str, message: str = "", **headers: str) -> Answer:
    """An error as Graph words it (errors): code, message, and the id that support asks for."""
    inner = {"date": "2026-11-26T09:00:00", "request-id": "5f1b0f0c-1111-2222-3333-444455556666"}
    body = {"error": {"code": code, "message": message or code, "innerError": inner}}
    return json_answer(body, status=status, **headers)
