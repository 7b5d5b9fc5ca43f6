"""Who an answer goes to: exact sets, with own addresses in every place."""

from __future__ import annotations

import pytest

from ticketing.mail.message_ids import plus_address
from ticketing.mail.values import Address
from ticketing.outbound.recipients import People, Recipients, answer_recipients, is_own

US, ALIAS, SALES = "support@fernhollow.test", "help@fernhollow.test", "sales@fernhollow.test"
OWN = frozenset({US, ALIAS, SALES})
ANNA, BO, CEM = "anna@customer.test", "bo@customer.test", "cem@customer.test"


def people(text: str) -> list[Address]:
    return [Address("", address) for address in text.split()]


def answer(sender: str, *, reply_to: str = "", to: str = "", cc: str = "") -> tuple[list[str], list[str]]:
    named = People(sender=Address("", sender), reply_to=people(reply_to), to=people(to), cc=people(cc))
    found: Recipients = answer_recipients(named, own=OWN)
    return [a.address for a in found.to], [a.address for a in found.cc]


@pytest.mark.parametrize(
    ("named", "to", "cc"),
    [
        ({"sender": ANNA, "to": US}, [ANNA], []),
        ({"sender": ANNA, "to": f"{US} {BO}", "cc": CEM}, [ANNA], [BO, CEM]),
        ({"sender": ANNA, "to": BO, "cc": US}, [ANNA], [BO]),
        ({"sender": ANNA, "to": f"{ALIAS} {SALES} {US}", "cc": f"{SALES} {CEM}"}, [ANNA], [CEM]),
        ({"sender": ANNA, "reply_to": BO, "to": US}, [BO], []),
        ({"sender": ANNA, "reply_to": f"{BO} {CEM}", "to": US}, [BO, CEM], []),
        ({"sender": ANNA, "reply_to": US, "to": US}, [ANNA], []),
        ({"sender": ANNA, "reply_to": f"{US} {BO}", "to": US, "cc": BO}, [BO], []),
        ({"sender": ANNA, "to": f"{US} {ANNA}", "cc": ANNA}, [ANNA], []),
        ({"sender": ANNA, "to": "SUPPORT@Fernhollow.test", "cc": "Help@FERNHOLLOW.TEST"}, [ANNA], []),
        ({"sender": ANNA, "to": US, "cc": f"{BO} BO@customer.test"}, [ANNA], [BO]),
        ({"sender": "ANNA@customer.test", "to": US, "cc": ANNA}, ["ANNA@customer.test"], []),
        ({"sender": US, "to": ANNA, "cc": BO}, [ANNA], [BO]),
        ({"sender": ALIAS, "to": f"{ANNA} {US}", "cc": f"{BO} {ANNA}"}, [ANNA], [BO]),
        ({"sender": US, "to": US, "cc": ALIAS}, [], []),
        ({"sender": "", "to": US}, [], []),
        ({"sender": "undisclosed", "to": US, "cc": BO}, [], [BO]),
        ({"sender": ANNA, "to": "support+orders@fernhollow.test"}, [ANNA], []),
    ],
)
@pytest.mark.req("F104", "F90", "F103")
def test_an_answer_goes_to_exactly_these(named: dict[str, str], to: list[str], cc: list[str]) -> None:
    assert answer(**named) == (to, cc)


@pytest.mark.req("F90")
def test_our_own_plus_address_is_ours() -> None:
    assert is_own(plus_address(US, token="a" * 44), own=OWN)


def test_a_name_is_kept() -> None:
    named = People(sender=Address("Anna Berg", ANNA), reply_to=[], to=[], cc=[])
    assert answer_recipients(named, own=OWN).to == (Address("Anna Berg", ANNA),)
