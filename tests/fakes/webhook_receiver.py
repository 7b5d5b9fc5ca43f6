"""Another system that is called: it checks signatures, keeps what it was told, and answers as it is asked to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.webhook_signatures import is_signed
from tests.fakes.https import Answer, HttpsServer, Request, json_answer


class WebhookReceiver(HttpsServer):
    """Takes calls at /hook. `secrets` are those it knows; what is not signed with one of them is answered 401."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.secrets: list[str] = []
        self.told: list[dict[str, Any]] = []  # every event that it took, in order
        self.answers: list[Answer] = []  # what the next calls are answered, after they were taken
        super().__init__(*args, **kwargs)

    def respond(self, request: Request) -> Answer:
        # By the sender's clock, which tests turn.
        now = datetime.fromtimestamp(int(request.headers.get("webhook-timestamp", "0")), UTC)
        if not is_signed(request.body, request.headers, keys=self.secrets, now=now):
            return json_answer({"error": "signature"}, status=401)
        event = json.loads(request.body)
        assert request.headers["webhook-id"] == event["id"]
        self.told.append(event)
        return self.answers.pop(0) if self.answers else json_answer({"ok": True})

    @property
    def types(self) -> list[str]:
        """What it was told of, in order."""
        return [event["type"] for event in self.told]
