"""What a guide is made of.

Texts are translatable. In them **two stars** mark what is clicked and `accents` what is typed, as in Markdown; nothing
else has a meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
REDIRECT_ADDRESS = "https://<your Postroom>/oauth/callback/"  # on pages the installation's own stands for it


@dataclass(frozen=True)
class Value:
    """Something to copy as it is, such as the name of a permission."""

    label: Text
    text: str


@dataclass(frozen=True)
class Table:
    """Facts side by side."""

    title: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[Text]]


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    anchor: str  # links lead to it: it never changes
    text: Text
    values: Sequence[Value] = ()
    table: Table | None = None
    code: str = ""  # commands or a piece of a file
    warning: Text = ""  # the mistake that is made here
    link: str = ""  # where it is done


@dataclass(frozen=True)
class Guide:
    """One way, from what has to be there before to what is seen at the end."""

    key: str  # in addresses and file names: it never changes
    title: Text
    text: Text  # for whom it is
    steps: Sequence[Step]
    needs: Sequence[Text] = ()  # before the first step
    warning: Text = ""
    afterwards: Sequence[Text] = ()
    checked: Text = ""  # what these facts were checked against


def telling_redirect(anchor: str, text: Text) -> Step:
    """The step in which the provider is told where people come back to."""
    return Step(
        anchor,
        text,
        values=(Value(_("Redirect address"), REDIRECT_ADDRESS),),
        warning=_("It must be registered exactly so, to the last slash."),
    )
