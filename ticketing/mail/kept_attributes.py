"""Which attributes of HTML stay where only words, links and images may: in mail in our type, in what agents write."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Gives the address that an image keeps for the one that it has; None leaves the image out.
ImageUrl = Callable[[str], str | None]

_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,4}")
_images: ContextVar[ImageUrl] = ContextVar("images")


@contextmanager
def images_by(image_url: ImageUrl) -> Iterator[None]:
    """Inside the block `kept_attribute` asks for images here: a cleaner is made once, and cannot carry that."""
    token = _images.set(image_url)
    try:
        yield
    finally:
        _images.reset(token)


def kept_attribute(tag: str, name: str, value: str) -> str | None:
    """The value that stays; None: the attribute goes. For the cleaner, inside `images_by`."""
    if name == "src":
        return _images.get()(value.strip()) if tag == "img" else None
    if name == "href":
        return value.strip() if _LINK.match(value.strip()) else None
    if name in ("width", "height", "start", "colspan", "rowspan"):
        return value if _NUMBER.fullmatch(value) else None
    return value
