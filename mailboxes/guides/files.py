"""The guides as the files of docs/admin/guides, in English."""

from __future__ import annotations

from django.utils.translation import override

from mailboxes.guides.comparison import COMPARISON
from mailboxes.guides.markdown import guide_text, list_text, paragraph, table_text
from mailboxes.guides.notices import NO_PASSWORDS, PREREQUISITES, TIME_WINDOW
from mailboxes.guides.shelf import GUIDES

_MADE = "*Made from the product by `manage.py guides docs/admin/guides --write`; change it there.*"


def guide_files() -> dict[str, str]:
    """Every file by its name."""
    with override("en"):
        guides = {f"{guide.key}.md": f"{guide_text(guide)}\n{_MADE}\n" for guide in GUIDES}
        return {"README.md": _contents(), **guides}


def _contents() -> str:
    guides = [f"[{guide.title}]({guide.key}.md)" for guide in GUIDES]
    return "\n\n".join(
        [
            "# Guides for mailboxes",
            paragraph(NO_PASSWORDS),
            list_text(guides),
            "## Before you begin",
            list_text(PREREQUISITES),
            f"## {COMPARISON.title}",
            table_text(COMPARISON),
            paragraph(TIME_WINDOW),
            _MADE + "\n",
        ]
    )
