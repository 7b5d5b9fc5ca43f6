"""The small marks of the design as HTML: icons, status glyphs, avatars, keys, pills. State is never colour alone."""

from __future__ import annotations

import zlib
from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SPRITE = "icons.svg"
HUES = 8
STATUS_NAMES = {
    "new": pgettext_lazy("ticket status", "New"),
    "open": pgettext_lazy("ticket status", "Open"),
    "waiting": _("Waiting on customer"),
    "hold": _("On hold"),
    "solved": _("Solved"),
    "closed": _("Closed"),
    "spam": _("Spam"),
}
PRIORITIES = {
    "urgent": ("pr-urgent", _("Urgent")),
    "high": ("pr-high", _("High")),
    "normal": ("minus", _("Normal")),
    "low": ("pr-low", _("Low")),
}
# The names a key has on other systems than Apple's; static/js/apple.js puts the signs there.
_MODIFIERS = {"Mod": "Ctrl", "⌘": "Ctrl"}


def icon(name: str, css_class: str = "", label: str = "") -> SafeString:
    """A picture from the sprite; hidden from screen readers unless it has a label. Add "icon--flip" if it mirrors."""
    return _icon(name, css_class, str(label))  # the label as it is in this language


@lru_cache(maxsize=1024)
def _icon(name: str, css_class: str, label: str) -> SafeString:
    classes = f"icon {css_class}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><title>{}</title><use href="{}"/></svg>',
            *(classes, label, label, sprite(name)),
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, sprite(name))


def logo(css_class: str = "") -> SafeString:
    """The mark of Postroom; beside its name or on public pages."""
    classes = f"logo {css_class}".strip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, sprite("logo"))


def sprite(name: str) -> str:
    """The address of one picture in the sprite, for `<use href>`."""
    return f"{_sprite_url()}#i-{name}"


@lru_cache(maxsize=1)
def _sprite_url() -> str:
    """A page has a hundred pictures, and the address never changes while the process runs."""
    return static(SPRITE)


def status(value: str, *, with_name: bool = False) -> SafeString:
    """The glyph of a ticket status, alone or with its word. Alone it needs `status_name` beside it in `.sr`."""
    glyph = _glyph(str(value))
    return format_html('<span class="status">{}{}</span>', glyph, status_name(value)) if with_name else glyph


@lru_cache(maxsize=16)
def _glyph(status: str) -> SafeString:
    return format_html(
        '<svg class="st" data-status="{}" aria-hidden="true"><use href="{}"/></svg>', status, sprite(f"st-{status}")
    )


def status_name(value: str) -> str:
    """The word for a ticket status."""
    return str(STATUS_NAMES.get(value, value))


def priority(level: str) -> SafeString:
    """A priority as picture and word; nothing for a level that does not exist. Lists leave out "normal"."""
    if level not in PRIORITIES:
        return SafeString("")
    picture, name = PRIORITIES[level]
    return format_html('<span class="prio" data-level="{}">{}{}</span>', level, icon(picture), name)


def pill(label: str, tone: str = "", picture: str = "") -> SafeString:
    """One or two words on a tone: ok, warn, bad, info, plum or none. A dot stands where there is no picture."""
    tone_attribute = format_html(' data-tone="{}"', tone) if tone else ""
    mark = icon(picture) if picture else SafeString('<span class="dot"></span>')
    return format_html('<span class="pill"{}>{}{}</span>', tone_attribute, mark, label)


def initials(name: str) -> str:
    """Up to two letters for an avatar: of the first and last word of a name, or the first two of an address."""
    words = [word for word in name.partition("@")[0].replace(".", " ").split() if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][:1] + words[-1][:1] if len(words) > 1 else words[0][:2]).upper()


def hue_of(seed: object) -> int:
    """A hue from 1 to 8 that stays the same for the same id or name."""
    return zlib.crc32(str(seed).encode("utf-8", "replace")) % HUES + 1


def avatar(name: str, seed: object = None, size: str = "", presence: str = "", shape: str = "") -> SafeString:
    """Initials on a hue picked from `seed`, else from the name. Hidden from screen readers: put the name beside it.

    size: "", xs, sm or lg. presence: "", on or away. shape: org for an organization; none for nobody (empty, dashed).
    """
    modifiers = "".join(f" avatar--{modifier}" for modifier in (size, shape) if modifier)
    if shape == "none":
        return format_html('<span class="avatar{}" aria-hidden="true"></span>', modifiers)
    return format_html(
        '<span class="avatar{}" data-hue="{}"{} aria-hidden="true">{}</span>',
        modifiers,
        hue_of(name if seed in (None, "") else seed),
        format_html(' data-presence="{}"', presence) if presence else "",
        initials(name),
    )


@lru_cache(maxsize=256)
def keys(*names: str) -> SafeString:
    """Keys to press, in order. "Mod" is Ctrl, or the command key on Apple systems."""
    return format_html_join(
        " ",
        '<kbd class="kbd"{}>{}</kbd>',
        ((SafeString(" data-mod") if name in _MODIFIERS else "", _MODIFIERS.get(name, name)) for name in names),
    )


def fuse(percent_left: float, tone: str = "") -> SafeString:
    """The wire of a deadline, burnt down to `percent_left` (0-100). Decoration: the words beside it carry the fact."""
    return format_html(
        '<svg class="fuse" data-tone="{}" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="fuse__track" width="100" height="3" rx="1.5"/>'
        '<rect class="fuse__left" width="{}" height="3" rx="1.5"/></svg>',
        tone,
        max(0, min(100, round(percent_left))),
    )
