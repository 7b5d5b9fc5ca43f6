"""A guide as text: for docs/, and to be copied into a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from mailboxes.guides.parts import REDIRECT_ADDRESS, Guide, Step, Table, Text

_WIDTH = 120


def guide_text(guide: Guide, *, redirect_address: str = REDIRECT_ADDRESS) -> str:
    """The whole guide in Markdown, in the language that is active."""
    parts = [f"# {guide.title}", paragraph(guide.text)]
    if guide.warning:
        parts.append(_warning(guide.warning))
    if guide.needs:
        parts += [f"## {_('Before you begin')}", list_text(guide.needs)]
    steps = (_step(number, step, redirect_address) for number, step in enumerate(guide.steps, 1))
    parts += [f"## {_('Step by step')}", "\n\n".join(steps)]
    if guide.afterwards:
        parts += [f"## {_('Good to know')}", list_text(guide.afterwards)]
    if guide.checked:
        parts += [f"## {_('What was checked')}", paragraph(guide.checked)]
    return "\n\n".join(parts) + "\n"


def table_text(table: Table) -> str:
    """The table in Markdown, without its title."""
    rows = [table.columns, ["---"] * len(table.columns), *table.rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)


def list_text(texts: Sequence[Text]) -> str:
    """The texts as a list."""
    return "\n".join(f"- {textwrap.indent(paragraph(text, indent=2), '  ').lstrip()}" for text in texts)


def paragraph(text: Text, *, indent: int = 0) -> str:
    """The text in lines that leave room for the indentation."""
    return textwrap.fill(str(text), _WIDTH - indent, break_long_words=False, break_on_hyphens=False)


def _step(number: int, step: Step, redirect_address: str) -> str:
    mark = f"{number}. "
    inner = "\n\n".join(_inner(step, redirect_address))
    return mark + textwrap.indent(inner, " " * len(mark)).lstrip()


def _inner(step: Step, redirect_address: str) -> Iterator[str]:
    yield paragraph(step.text, indent=4)
    if step.link:
        yield f"<{step.link}>"
    if step.values:
        yield "\n".join(
            f"- {value.label}: `{value.text.replace(REDIRECT_ADDRESS, redirect_address)}`" for value in step.values
        )
    if step.table:
        yield table_text(step.table)
    if step.code:
        yield f"```\n{step.code}\n```"
    if step.warning:
        yield _warning(step.warning, indent=4)


def _warning(text: Text, *, indent: int = 0) -> str:
    return paragraph(_("**Take care:** %(warning)s") % {"warning": text}, indent=indent)
