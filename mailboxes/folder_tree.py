"""The folders that a test has found, as the tree that people know from their mail program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class FolderNode:
    """One folder, and those in it."""

    name: str  # the whole path, as forms take it
    label: str  # its own name; with those above it where they are no folders themselves
    children: list[FolderNode] = field(default_factory=list)


def folder_tree(names: Sequence[str], *, delimiter: str) -> list[FolderNode]:
    """The folders at the top, in their order, each with those in it. Without a delimiter all are at the top."""
    by_name = {name: FolderNode(name, name) for name in names}
    top = []
    for name, node in by_name.items():
        parent = _parent(name, among=by_name, delimiter=delimiter)
        if parent is None:
            top.append(node)
        else:
            node.label = name[len(parent.name) + len(delimiter) :]
            parent.children.append(node)
    return top


def _parent(name: str, *, among: dict[str, FolderNode], delimiter: str) -> FolderNode | None:
    """The nearest folder above that is one."""
    above = name
    while delimiter and delimiter in above:
        above = above.rpartition(delimiter)[0]
        if above in among:
            return among[above]
    return None
