"""Change notifications of Microsoft Graph: subscriptions, the handshake, and calls to whoever subscribed.

  POST       learn.microsoft.com/graph/api/subscription-post-subscriptions
  LIST       …/graph/api/subscription-list
  UPDATE     …/graph/api/subscription-update
  WEBHOOKS   …/graph/change-notifications-delivery-webhooks
  LIFE       …/graph/change-notifications-overview#subscription-lifetime
  LIFECYCLE  …/graph/change-notifications-lifecycle-events
  SHARED     …/graph/outlook-share-messages-folders
The words of errors are from reports. That a call may come before the answer to POST is assumed.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import requests

from tests.fakes.graph_access import Access, graph_error
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Request, json_answer

if TYPE_CHECKING:
    from tests.fakes.graph import FakeGraph

MOST_LIFE = timedelta(minutes=4230)
MAX_STATE_CHARS = 128
READS = frozenset({"Mail.Read", "Mail.ReadBasic"})  # by name: what may write is not taken for it (POST)
_RESOURCE = re.compile(r"/?(?:users/([^/]+)|me)/mailFolders\('([^']+)'\)/messages", re.IGNORECASE)


@dataclass
class Subscription:
    """One that somebody made."""

    told: dict[str, Any]  # the body of the request
    access: Access
    user: str
    folder_id: str
    expires_at: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    seen: set[str] = field(default_factory=set)  # items that were there, or were told of

    @property
    def is_alive(self) -> bool:
        """True until its end."""
        return self.expires_at > datetime.now(UTC)

    def shown(self, *, with_state: bool) -> dict[str, Any]:
        """As JSON; a list tells no client state (LIST)."""
        ends_at = self.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
        kept = {name: self.told.get(name) for name in ("resource", "changeType", "notificationUrl")}
        state = self.told.get("clientState") if with_state else None
        return {**kept, "id": self.id, "expirationDateTime": ends_at, "clientState": state}


class Subscriptions:
    """Those of one Graph. `reach` says where an address really lies; others cannot be called."""

    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph
        self._made: dict[str, Subscription] = {}
        self.reach: dict[str, str] = {}
        self.calls: list[int] = []  # what was answered to calls, in order

    @property
    def alive(self) -> list[Subscription]:
        """Those that have not ended, oldest first."""
        return [made for made in self._made.values() if made.is_alive]

    # What happens at Microsoft.

    def end(self, made: Subscription) -> None:
        """Its time is over, or it was removed."""
        self._made.pop(made.id)

    def tell_of_new_mail(self) -> list[int]:
        """Each subscription is told of items it was not told of yet; gives what was answered."""
        answers = []
        for made in self.alive:
            items = [held for held in self._box(made).items if held.folder.id == made.folder_id]
            fresh = [item for item in items if item.immutable_id not in made.seen]
            made.seen |= {item.immutable_id for item in fresh}
            said = [
                {"changeType": "created", "resource": f"Users/{made.user}/Messages/{i.immutable_id}"} for i in fresh
            ]
            if said:
                answers.append(self.call(made, said))
        return answers

    def tell(self, made: Subscription, event: str, **changes: Any) -> int:
        """A lifecycle event (LIFECYCLE)."""
        return self.call(made, [{"lifecycleEvent": event, **changes}], at="lifecycleNotificationUrl")

    def call(self, made: Subscription, said: Sequence[dict[str, Any]], *, at: str = "notificationUrl") -> int:
        """What was answered to a call that says this (WEBHOOKS)."""
        usual = {
            "subscriptionId": made.id,
            "subscriptionExpirationDateTime": made.expires_at.isoformat(),
            "clientState": made.told["clientState"],
            "tenantId": str(uuid.uuid5(uuid.NAMESPACE_DNS, made.user)),
        }
        answer = self._post(made.told[at], json={"value": [{**usual, **one} for one in said]})
        self.calls.append(answer.status_code)
        return answer.status_code

    # The server.

    def respond(self, request: Request, access: Access) -> Answer:
        """Routes below /subscriptions."""
        made = self._made.get(request.path.rpartition("/")[2])
        if request.path.endswith("/subscriptions"):
            return self._list(access) if request.method == "GET" else self._make(request, access)
        if made is None or not made.is_alive:
            return graph_error(404, "ResourceNotFound", "The object was not found.")
        if request.method == "DELETE":
            self.end(made)
            return Answer(status=204)
        return self._renew(request, made)

    def _list(self, access: Access) -> Answer:
        """Of a person, the person's own; of an app, all it made (LIST)."""
        mine = [made for made in self.alive if made.access.account == access.account]
        return json_answer({"value": [made.shown(with_state=False) for made in mine]})

    def _make(self, request: Request, access: Access) -> Answer:
        told = json.loads(request.body)
        found = _RESOURCE.fullmatch(told["resource"])
        if found is None:
            return graph_error(400, "ExtensionError", "Resource is not supported.")
        user = unquote(found[1]).lower() if found[1] else access.account
        box = self._graph.mailboxes.get(user)
        if box is None or box.folder(found[2]) is None:
            return graph_error(404, "ResourceNotFound", "The object was not found.")
        if not access.granted & READS or (access.account and user != access.account):  # SHARED
            return graph_error(403, "ExtensionError", "Operation: Create; Exception: [Status Code: Forbidden]")
        trouble = self._trouble(told)
        if trouble:
            return graph_error(400, "ValidationError", trouble)
        ends_at = datetime.fromisoformat(told["expirationDateTime"])
        folder = box.folder(found[2])
        assert folder is not None
        made = Subscription(told, access, user, folder.id, ends_at)
        made.seen = {item.immutable_id for item in box.held(folder)}
        self._made[made.id] = made
        return json_answer(made.shown(with_state=True), status=201)

    def _trouble(self, told: dict[str, Any]) -> str:
        ends_at = datetime.fromisoformat(told["expirationDateTime"])
        if not datetime.now(UTC) < ends_at <= datetime.now(UTC) + MOST_LIFE:
            return "Subscription expiration can only be 4230 minutes in the future."
        if len(told["clientState"]) > MAX_STATE_CHARS:
            return "The client state is too long."
        for at in ("notificationUrl", "lifecycleNotificationUrl"):
            if not told[at].startswith("https://"):
                return "The notification endpoint must use https."
            if not self._answers(told[at]):
                return "Subscription validation request failed. Notification endpoint must respond with 200 OK."
        return ""

    def _answers(self, address: str) -> bool:
        """The handshake: the token comes back as plain text within ten seconds (WEBHOOKS)."""
        token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid.uuid4()} <b>&+"
        try:
            answer = self._post(address, params={"validationToken": token})
        except requests.RequestException:
            return False
        is_text = answer.headers.get("Content-Type", "").startswith("text/plain")
        return answer.status_code == 200 and is_text and answer.text == token

    def _renew(self, request: Request, made: Subscription) -> Answer:
        """Renewed, and authorized anew (UPDATE, LIFECYCLE)."""
        ends_at = datetime.fromisoformat(json.loads(request.body)["expirationDateTime"])
        if ends_at > datetime.now(UTC) + MOST_LIFE:
            return graph_error(
                400, "ValidationError", "Subscription expiration can only be 4230 minutes in the future."
            )
        made.expires_at = ends_at
        return json_answer(made.shown(with_state=False))

    def _post(self, address: str, **options: Any) -> requests.Response:
        for public, real in self.reach.items():
            if address.startswith(f"{public}/"):
                return requests.post(real + address.removeprefix(public), timeout=10, **options)
        raise requests.ConnectionError(address)

    def _box(self, made: Subscription) -> FakeMailbox:
        return self._graph.mailboxes[made.user]
