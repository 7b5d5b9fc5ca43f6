"""`python -m tests.bench.policy MAILS`: what the mail policy costs on top of parsing and storing, as JSON.

Runs in its own process as the application's role, on a database that has been migrated. The same mails, none of them
history, come to four organizations in turn, a few at a time: to one that only stores, parses, threads and writes; to
one where nothing was ever set; to one where everything is; and to one with 200 rules besides. Processor time of the
worker, from the bytes of a mail to the end of its work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.bench import mails
from tests.bench.database import vacuum

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

BATCH = 25
WARM_UP = 100
RULES = 200
_numbers = count(1)
BARE, NOTHING, EVERYTHING, WITH_RULES = "parse and store", "nothing set", "everything set", f"with {RULES} rules"


@dataclass
class Place:
    """One organization, and what its mails took."""

    name: str
    mailbox: Any
    without: Callable[[], AbstractContextManager[object]] = nullcontext
    cpu_s: float = 0.0
    count: int = 0

    @property
    def ms(self) -> float:
        """Milliseconds of processor time a mail."""
        return 1000 * self.cpu_s / self.count


def main(wanted: int) -> dict[str, Any]:
    """Milliseconds of processor time a mail, and ratios to parsing and storing alone."""
    import helpdesk.wsgi  # noqa: F401  sets Django up as it is served
    from tests.bench.policy_settings import set_everything, set_rules

    bare, nothing = Place(BARE, _mailbox("bare"), without_policy), Place(NOTHING, _mailbox("nothing"))
    everything = Place(EVERYTHING, _mailbox("everything", set_everything))
    with_rules = Place(WITH_RULES, _mailbox("rules", set_everything, set_rules))
    places = (bare, nothing, everything, with_rules)
    _take(places, list(mails.mails(WARM_UP, seed=WARM_UP)))
    vacuum(os.environ["DATABASE_OWNER_URL"])
    for place in places:
        place.cpu_s, place.count = 0.0, 0
    _take(places, list(mails.mails(wanted)))
    results: dict[str, Any] = {f"policy: {place.name}, CPU ms a mail": round(place.ms, 2) for place in places}
    ratios = {f"policy: {place.name}, ratio": round(place.ms / bare.ms, 2) for place in places[1:]}
    return results | ratios | {"policy: 200 rules over everything": round(with_rules.ms / everything.ms, 2)}


def _take(places: Sequence[Place], contents: Sequence[bytes]) -> None:
    """Every place gets every mail, in turn, so that what else runs on the machine harms all alike."""
    for start in range(0, len(contents), BATCH):
        for place in places:
            _process(place, contents[start : start + BATCH])


def _process(place: Place, contents: Sequence[bytes]) -> None:
    from helpdesk.tenancy import drains, work
    from helpdesk.tenancy.models import WorkKind
    from ticketing.inbound.process import processor

    with place.without(), drains.gathering_wakes():
        began = time.process_time()
        ids = store_due(place.mailbox, contents)
        claims = work.claim_batch(WorkKind.PROCESS, lease_s=600, limit=len(ids), row_ids=ids)
        process = processor(claims)
        for claim in claims:
            process(claim)
        place.cpu_s += time.process_time() - began
    assert len(claims) == len(contents), (len(claims), len(contents))
    place.count += len(claims)


def store_due(mailbox: Any, contents: Sequence[bytes]) -> list[int]:
    """The mails are in storage and in the ledger as polling leaves them; gives the ids of the stored mails."""
    from helpdesk.lib import clock, files
    from helpdesk.tenancy import work
    from helpdesk.tenancy.models import WorkKind
    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import RemoteMessage
    from mailboxes.services.reading.headers import message_id_of
    from mailboxes.services.reading.inbox import Arrival, create_raws, piece_of

    moment, organization_id = clock.now(), mailbox.organization_id
    common = {"source_generation": 1, "folder": "INBOX", "epoch": "1", "received_at": moment, "seen_at": moment}
    arrivals = [
        Arrival(
            RemoteMessage(
                organization_id=organization_id,
                mailbox=mailbox,
                remote_id=str(next(_numbers)),
                size_bytes=len(content),
                message_id=message_id_of(content),
                **common,
            ),
            content,
        )
        for content in contents
    ]
    keys = files.write_all_durably(f"raw/{organization_id}", [piece_of(arrival) for arrival in arrivals])
    with organization_scope(organization_id):
        raws = create_raws(arrivals, keys=keys, mailbox=mailbox)
        for arrival, raw in zip(arrivals, raws, strict=True):
            arrival.sighting.raw = raw
        RemoteMessage.objects.bulk_create([arrival.sighting for arrival in arrivals])
        work.enqueue_new(WorkKind.PROCESS, organization_id=organization_id, row_ids=[raw.id for raw in raws])
    return [raw.id for raw in raws]


@contextmanager
def without_policy() -> Iterator[None]:
    """Nothing is asked that only the policy wants to know, and nothing decides but where a mail belongs."""
    from unittest.mock import patch

    from ticketing.inbound import facts, process
    from ticketing.inbound.floods import NOTHING as NOTHING_CAME
    from ticketing.inbound.mapping.applying import NOTHING as NOTHING_MAPPED
    from ticketing.inbound.policy import decide
    from ticketing.inbound.policy.answers import add_answer
    from ticketing.inbound.policy.opening import open_ticket
    from ticketing.inbound.rules.effects import NO_EFFECTS
    from ticketing.inbound.sender_trust import UNTOLD

    with ExitStack() as stack:
        for module, name, value in (
            (facts, "asked_of_floods", ()),
            (facts, "count_recent", NOTHING_CAME),
            (facts, "judge_sender", UNTOLD),
            (facts, "find_requester", None),
            (process, "map_mail", NOTHING_MAPPED),
            (process, "plan_rules", NO_EFFECTS),
        ):
            stack.enter_context(patch.object(module, name, return_value=value))
        least = (add_answer, open_ticket)
        stack.enter_context(patch.object(process, "decide", lambda *about: decide(*about, steps=least)))
        yield


def _mailbox(slug: str, *settle: Callable[[Any], None]) -> Any:
    from helpdesk.accounts.services.organizations import create_organization
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.outgoing import make_mailbox

    organization = create_organization(slug=f"policy-{slug}", name=slug)
    with organization_scope(organization.id):
        mailbox = make_mailbox(address="support@bench.test")
        for setting in settle:
            setting(mailbox)
    return mailbox


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
