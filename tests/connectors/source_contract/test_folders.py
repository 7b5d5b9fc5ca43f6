"""Folders and sent copies, on the kinds that have them."""

from __future__ import annotations

import pytest

from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.source_contract.asking import ids, kinds, mail, with_folders, with_sent
from tests.connectors.worlds import SourceWorld

pytestmark = pytest.mark.servers


@with_folders
def test_a_folder_that_is_missing_is_not_found(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(folder="Nowhere").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_NOT_FOUND, True)


@with_folders
def test_folders_are_listed_with_their_use(world: SourceWorld) -> None:
    world.deliver(mail(), folder="Aufträge/Grün & Blau")
    folders = {folder.name: folder.special_use for folder in world.source().folders()}
    assert folders["INBOX"] == ""
    assert folders["Sent"] == "sent"
    assert folders["Junk"] == "junk"
    assert "Aufträge/Grün & Blau" in folders
    with world.source(folder="Aufträge/Grün & Blau").open() as session:
        assert len(ids(session)) == 1


@kinds(lambda traits: traits.has_sent and traits.files_sent)
@pytest.mark.req("F108")
def test_a_sent_copy_is_filed_once_and_found_again(world: SourceWorld) -> None:
    source = world.source()
    assert not source.find_in_sent("m1@x.example")
    names = {source.file_sent(mail(1)) for _ in range(2)}
    assert len(names) == 1
    [stored] = world.messages(names.pop())
    assert stored.raw == mail(1)
    assert "\\Seen" in stored.flags
    assert source.find_in_sent("m1@x.example")
    assert not source.find_in_sent("1@x.example")


@kinds(lambda traits: not traits.files_sent)
@pytest.mark.req("F108")
def test_where_nothing_can_be_filed_a_copy_is_found_and_a_missing_one_said(world: SourceWorld) -> None:
    source = world.source()
    with pytest.raises(ConnectorError) as error:
        source.file_sent(mail(1))
    assert (error.value.reason, error.value.permanent) == (Reason.CANNOT_FILE, True)
    assert not source.find_in_sent("m1@x.example")
    world.deliver(mail(1), folder="Sent")
    assert source.find_in_sent("m1@x.example")
    assert source.file_sent(mail(1)) == "Sent"


@with_sent
def test_a_folder_that_is_missing_holds_no_sent_copy(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error:
        world.source().find_in_sent("m1@x.example", folder="Nowhere")
    assert error.value.reason is Reason.FOLDER_NOT_FOUND


@kinds(lambda traits: not traits.has_sent)
@pytest.mark.req("F108")
def test_without_a_sent_folder_nothing_is_filed_and_nothing_proven(world: SourceWorld) -> None:
    source = world.source()
    assert not source.find_in_sent("m1@x.example")
    with pytest.raises(ConnectorError) as error:
        source.file_sent(mail(1))
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_NOT_FOUND, True)
    assert [folder.name for folder in source.folders()] == ["INBOX"]
