"""Sealed values open in their own place only."""

from __future__ import annotations

import base64

import pytest

from helpdesk.lib import crypto

KEY = base64.b64encode(b"k" * 32).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


def test_what_was_sealed_opens_at_its_place() -> None:
    ring = crypto.Keyring.parse(f"a1:{KEY}")
    assert ring.open(ring.seal(b"secret", purpose="p", place="here"), purpose="p", place="here") == b"secret"


@pytest.mark.parametrize(("purpose", "place"), [("p", "there"), ("q", "here")])
def test_it_opens_nowhere_else(purpose: str, place: str) -> None:
    ring = crypto.Keyring.parse(f"a1:{KEY}")
    sealed = ring.seal(b"secret", purpose="p", place="here")
    with pytest.raises(crypto.CannotOpen):
        ring.open(sealed, purpose=purpose, place=place)


def test_an_older_key_still_opens_after_a_new_one_became_active() -> None:
    sealed = crypto.Keyring.parse(f"a1:{KEY}").seal(b"secret", purpose="p", place="here")
    assert crypto.Keyring.parse(f"b2:{OTHER},a1:{KEY}").open(sealed, purpose="p", place="here") == b"secret"


@pytest.mark.parametrize("text", ["", "a1", "a1:short", "a 1:" + KEY, ":" + KEY])
def test_a_malformed_ring_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="ENCRYPTION_KEYS"):
        crypto.Keyring.parse(text)


def test_keys_do_not_show() -> None:
    assert "k" * 32 not in repr(crypto.Keyring.parse(f"a1:{KEY}"))


@pytest.mark.parametrize("damaged", ["", "v1.a1", "v1.a1.%%%", "v2.a1.AAAA", "v1.zz.AAAA"])
def test_damaged_text_is_said_to_be_so(damaged: str) -> None:
    with pytest.raises(crypto.CannotOpen):
        crypto.Keyring.parse(f"a1:{KEY}").open(damaged, purpose="p", place="here")
