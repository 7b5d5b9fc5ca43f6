"""How many processes of the mail server the kernel tells of new files.

Each of Dovecot's IMAP processes asks for that, and all belong to one user, who may have 128 by default
(`fs.inotify.max_user_instances`). Those above it look once a second instead, so that they tell of a mail half a second
later on average; what the bench measures would then be the kernel's limit. Dovecot's log says to raise it, as a mail
server's operator does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
_OTHERS = 100  # what else of the same user may want to be told


@contextmanager
def told_of_files(processes: int) -> Iterator[bool]:
    """Inside the block so many processes of one user are told of new files; False where the kernel will not have it.

    The limit is of the whole machine: it is only ever raised, and as it was afterwards.
    """
    before = int(_LIMIT.read_text())
    wanted = processes + _OTHERS
    if before >= wanted:
        yield True
        return
    try:
        _LIMIT.write_text(f"{wanted}\n")
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        _LIMIT.write_text(f"{before}\n")
