"""The broker on files: whole messages, each taken once, and nothing that stops a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu.connection import Connection

from helpdesk import file_broker


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The broker's folders; the machine's own for temporary files is none."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    for name in ("queue", "control", "new"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def channels(folder: Path) -> Iterator[list[Any]]:
    """Of four processes, as it were."""
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
        "new_folder": str(folder / "new"),
    }
    with ExitStack() as stack:
        url = f"{file_broker.SCHEME}://localhost"
        connect: Callable[..., Any] = Connection
        connections = [stack.enter_context(connect(url, transport_options=options)) for _ in range(4)]
        yield [connection.channel() for connection in connections]


@pytest.mark.parametrize("content", [b"", b'{"body": "ey', b"\xff\xfe"])
def test_what_cannot_be_read_is_dropped_and_what_follows_is_taken(
    channels: list[Any], folder: Path, content: bytes
) -> None:
    (folder / "queue" / "1_cut-off.poll.msg").write_bytes(content)
    channels[0]._put("poll", {"n": 1})
    assert channels[1]._get("poll") == {"n": 1}
    assert list((folder / "queue").iterdir()) == []


def test_a_message_appears_whole(channels: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    replace = os.replace

    def look_first(draft: Path, path: Path) -> None:
        seen.append(len(os.listdir(folder / "queue")))
        seen.append(draft.stat().st_size)
        replace(draft, path)

    monkeypatch.setattr(os, "replace", look_first)
    channels[0]._put("poll", {"n": 1})
    [message] = (folder / "queue").iterdir()
    assert seen == [0, message.stat().st_size]


def test_of_many_at_once_each_message_is_taken_by_one(channels: list[Any], folder: Path) -> None:
    def put() -> None:
        for number in range(200):
            channels[number % 2]._put("poll", number)

    def take(taker: int) -> list[int]:
        taken: list[int] = []
        while len(taken) < 100:
            try:
                taken.append(channels[2 + taker]._get("poll"))
            except Empty:
                if putting.done() and not list((folder / "queue").iterdir()):
                    break
        return taken

    with ThreadPoolExecutor(3) as pool:
        putting = pool.submit(put)
        taken = [number for numbers in pool.map(take, range(2)) for number in numbers]
    assert sorted(taken) == list(range(200))
    assert list((folder / "new").iterdir()) == []


def test_bindings_made_at_once_are_all_there_and_a_broken_file_of_them_is_written_anew(
    channels: list[Any], folder: Path
) -> None:
    (folder / "control" / "work.exchange").write_bytes(b"")
    assert channels[0].get_table("work") == []
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: channels[n]._queue_bind("work", "", "", f"queue{n}"), range(4)))
    assert {binding.queue for binding in channels[0].get_table("work")} == {f"queue{n}" for n in range(4)}
