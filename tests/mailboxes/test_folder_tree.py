"""The tree of the folders that a test has found."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.folder_tree import FolderNode, folder_tree


def drawn(nodes: list[FolderNode]) -> list[Any]:
    return [(node.name, node.label, drawn(node.children)) for node in nodes]


@pytest.mark.req("F47", "S5.14")
@pytest.mark.parametrize(
    ("names", "delimiter", "tree"),
    [
        (
            ["INBOX/Orders/2026", "INBOX", "INBOX/Orders", "Sent"],
            "/",
            [
                ("INBOX", "INBOX", [("INBOX/Orders", "Orders", [("INBOX/Orders/2026", "2026", [])])]),
                ("Sent", "Sent", []),
            ],
        ),
        (["INBOX", "Teams.Shop.Orders"], ".", [("INBOX", "INBOX", []), ("Teams.Shop.Orders", "Teams.Shop.Orders", [])]),
        (["a", "a//b"], "/", [("a", "a", [("a//b", "/b", [])])]),
        (["INBOX", "INBOX/Orders"], "", [("INBOX", "INBOX", []), ("INBOX/Orders", "INBOX/Orders", [])]),
        ([], "/", []),
    ],
)
def test_a_folder_stands_in_the_nearest_one_above_it_that_is_a_folder(
    names: list[str], delimiter: str, tree: list[Any]
) -> None:
    assert drawn(folder_tree(names, delimiter=delimiter)) == tree
