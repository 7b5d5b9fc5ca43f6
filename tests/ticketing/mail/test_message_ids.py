"""Thread tokens: made, found in every place they travel in, believed only when signed by this organization."""

from __future__ import annotations

import pytest

from ticketing.mail.message_ids import (
    SubjectTag,
    ThreadKeys,
    body_mark,
    is_signed_by,
    make_token,
    message_id_for,
    new_token_id,
    plus_address,
    signed_subject_tag,
    subject_tag,
    subject_tags,
    tokens_in_addresses,
    tokens_in_ids,
    tokens_in_text,
    verified_id,
    verified_ids,
    without_tags,
    without_token,
)

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = ThreadKeys(organization="0b2d", current_id="ab", secrets={"aa": OLD, "ab": NEW})
TOKEN_ID = new_token_id(bytes(range(16)))
TOKEN = make_token(TOKEN_ID, keys=KEYS)


def test_a_token_has_an_id_a_key_and_a_signature_in_characters_that_survive_lower_casing() -> None:
    assert TOKEN[:28] == "aaaqeayeaudaocajbifqydiob4ab"
    assert (len(TOKEN), TOKEN) == (44, TOKEN.lower())


@pytest.mark.req("F72")
def test_the_signature_is_the_one_it_has_been_since_the_first_release() -> None:
    assert TOKEN[28:] == "fsrn7khykks6liay"


@pytest.mark.parametrize("written", [TOKEN, TOKEN.upper(), TOKEN.title()])
@pytest.mark.req("S5.74", "F72")
def test_our_own_token_is_verified_in_any_case(written: str) -> None:
    assert verified_id(written, keys=KEYS) == TOKEN_ID


@pytest.mark.parametrize("position", range(44))
@pytest.mark.req("F72", "F112")
def test_a_token_with_one_character_changed_is_nobodys(position: int) -> None:
    other = "b" if TOKEN[position] != "b" else "c"
    assert verified_id(TOKEN[:position] + other + TOKEN[position + 1 :], keys=KEYS) is None


@pytest.mark.req("F72")
def test_another_organizations_token_is_nobodys_here() -> None:
    same_secret = ThreadKeys(organization="other", current_id="ab", secrets={"ab": NEW})
    assert verified_id(make_token(TOKEN_ID, keys=same_secret), keys=KEYS) is None


def test_a_token_signed_before_the_rotation_is_still_ours() -> None:
    before = ThreadKeys(organization="0b2d", current_id="aa", secrets={"aa": OLD})
    assert verified_id(make_token(TOKEN_ID, keys=before), keys=KEYS) == TOKEN_ID


@pytest.mark.parametrize("junk", ["", "x", TOKEN[:-1], TOKEN + "a", "é" * 44, "a" * 44])
def test_junk_is_no_token(junk: str) -> None:
    assert verified_id(junk, keys=KEYS) is None


@pytest.mark.parametrize(
    "message_id",
    [
        message_id_for(TOKEN, domain="fernhollow.test"),
        f"<{message_id_for(TOKEN, domain='fernhollow.test')}>",
        message_id_for(TOKEN.upper(), domain="FERNHOLLOW.test"),
        f"pr.{TOKEN}@relay.rewrote.example",
    ],
)
def test_the_token_is_found_in_a_message_id(message_id: str) -> None:
    assert tokens_in_ids(["junk@elsewhere.test", message_id]) == (TOKEN,)


@pytest.mark.parametrize("message_id", ["", f"xpr.{TOKEN}@x.test", f"pr.{TOKEN}a@x.test", f"pr.{TOKEN[:-1]}@x.test"])
def test_what_only_looks_like_a_token_is_not_found(message_id: str) -> None:
    assert tokens_in_ids([message_id]) == ()


@pytest.mark.parametrize("address", [plus_address("support@fernhollow.test", token=TOKEN), f"A+PR.{TOKEN.upper()}@b.c"])
def test_the_token_is_found_in_a_plus_address(address: str) -> None:
    assert tokens_in_addresses(["other@x.test", address]) == (TOKEN,)


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        (f"Support+pr.{TOKEN}@Fernhollow.test", "support@fernhollow.test"),
        ("support+sales@fernhollow.test", "support+sales@fernhollow.test"),
        ("Support@fernhollow.test", "support@fernhollow.test"),
    ],
)
def test_only_our_own_plus_part_is_taken_off_an_address(address: str, plain: str) -> None:
    assert without_token(address) == plain


@pytest.mark.parametrize(
    "text",
    [body_mark(TOKEN), f"> > {body_mark(TOKEN)}\n", f'<span hidden="">{body_mark(TOKEN.upper())}</span>'],
)
@pytest.mark.req("S5.49", "F75")
def test_the_token_is_found_in_a_quoted_body(text: str) -> None:
    assert tokens_in_text(f"Thanks!\n{text}{text}") == (TOKEN,)


def test_a_body_full_of_marks_is_read_no_further_than_fifty() -> None:
    marks = [body_mark(make_token(new_token_id(bytes([n]) * 16), keys=KEYS)) for n in range(80)]
    assert len(tokens_in_text(" ".join(marks))) == 50


def test_verified_ids_leave_out_strangers_and_repetitions() -> None:
    assert verified_ids(["a" * 44, TOKEN, TOKEN], keys=KEYS) == (TOKEN_ID,)


@pytest.mark.req("S5.81")
def test_a_signed_subject_tag_is_verified_for_its_number_only() -> None:
    (tag,) = subject_tags(f"Re: Printer {signed_subject_tag(123, keys=KEYS)}")
    assert is_signed_by(tag, keys=KEYS)
    assert not is_signed_by(SubjectTag(124, tag.signature), keys=KEYS)


@pytest.mark.parametrize("tag", [SubjectTag(123), SubjectTag(123, "aaaaaaaaaa")])
@pytest.mark.req("S5.81", "F112")
def test_a_plain_or_invented_subject_tag_is_not_signed(tag: SubjectTag) -> None:
    assert not is_signed_by(tag, keys=KEYS)


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: Printer [#12]", [12]),
        ("[#12] [#12] [#7]", [12, 7]),
        ("no tag #12, [12], [#x], [#1234567890123456789]", []),
    ],
)
def test_tags_are_read_from_a_subject(subject: str, numbers: list[int]) -> None:
    assert [tag.number for tag in subject_tags(subject)] == numbers


def test_tags_are_taken_off_a_subject() -> None:
    subject = f"Re: {subject_tag(3)} Printer {signed_subject_tag(3, keys=KEYS)} on fire"
    assert without_tags(subject) == "Re: Printer on fire"


def test_a_token_id_is_made_of_sixteen_bytes_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        new_token_id(b"short")


def test_secrets_do_not_show() -> None:
    assert "nnn" not in repr(KEYS)
