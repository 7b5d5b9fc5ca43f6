"""The guides as data: what every one of them has, and the files that are made from them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.guides.files import guide_files
from mailboxes.guides.markdown import guide_text
from mailboxes.guides.marked import marked
from mailboxes.guides.parts import Guide, Step
from mailboxes.guides.shelf import GUIDES, guide_named

DOCS = Path(__file__).resolve().parents[3] / "docs" / "admin" / "guides"
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def texts_of(guide: Guide) -> list[str]:
    """Everything in it that may hold marks."""
    of_steps = [text for step in guide.steps for text in (step.text, step.warning)]
    return [
        str(text) for text in (guide.text, guide.warning, guide.checked, *guide.needs, *guide.afterwards, *of_steps)
    ]


def test_every_guide_has_a_key_of_its_own() -> None:
    keys = [guide.key for guide in GUIDES]
    assert len(set(keys)) == len(keys)
    assert guide_named("entra-app") is not None
    assert guide_named("nowhere") is None


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.key)
def test_every_step_can_be_linked_to_and_its_marks_are_closed(guide: Guide) -> None:
    anchors = [step.anchor for step in guide.steps]
    assert [name for name in (guide.key, *anchors) if not KEY.fullmatch(name)] == []
    assert len(set(anchors)) == len(anchors) >= 2
    assert [text for text in texts_of(guide) if text.count("**") % 2 or text.count("`") % 2] == []
    assert [step.link for step in guide.steps if step.link and not step.link.startswith("https://")] == []


def test_the_two_marks_become_html_and_nothing_else_does() -> None:
    assert marked("Open **Mail**, type `a_b*c` <now> & then") == (
        "Open <b>Mail</b>, type <code>a_b*c</code> &lt;now&gt; &amp; then"
    )
    assert marked("`Mail.<Read>`") == "<code>Mail.<wbr>&lt;Read&gt;</code>"
    assert marked("**<script>** `<b>`") == "<b>&lt;script&gt;</b> <code>&lt;b&gt;</code>"


def test_a_guide_as_text_keeps_commands_apart_and_its_steps_numbered() -> None:
    step = Step("one", "Type this.", code="a\nb", warning="Not there.")
    text = guide_text(Guide("key", "Title", "For all.", (step, Step("two", "Then go on."))))
    assert text == (
        "# Title\n\nFor all.\n\n## Step by step\n\n"
        "1. Type this.\n\n   ```\n   a\n   b\n   ```\n\n   **Take care:** Not there.\n\n2. Then go on.\n"
    )


@pytest.mark.req("S4.62")
def test_the_files_in_docs_are_those_of_the_product() -> None:
    wanted = guide_files()
    assert {path.name for path in DOCS.iterdir()} == set(wanted)
    different = [name for name, text in wanted.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert different == [], "run `manage.py guides docs/admin/guides --write`"


def test_the_command_names_what_differs_and_writes_it(tmp_path: Path, capsys: Any) -> None:
    call_command("guides", tmp_path, write=True)
    call_command("guides", tmp_path, json=True)
    assert '"different": []' in capsys.readouterr().out
    (tmp_path / "imap.md").write_text("old")
    with pytest.raises(CommandError, match=r"imap\.md\. Run it with --write"):
        call_command("guides", tmp_path)
