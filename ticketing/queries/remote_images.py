"""Addresses of remote images, through our proxy: signed, so that it fetches only what a mail names."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from helpdesk.tenancy.state import required_organization_id

VALID_S = 86_400
FRAME_VALID_S = 600  # inside the frame of an original the browser sends no cookies; the address alone has to do
MAX_URL_CHARS = 4_000
_SALT = "ticketing.remote_image"


@dataclass(frozen=True)
class RemoteImage:
    """An image somewhere else that a member asked for."""

    organization_id: int
    url: str
    is_for_frame: bool  # its address is enough; signing in is not asked for


def image_address(url: str, *, is_for_frame: bool = False) -> str | None:
    """Our address for the image; None for one that no honest mail needs."""
    if len(url) > MAX_URL_CHARS:
        return None
    named = [required_organization_id(), url, int(is_for_frame)]
    return reverse("remote_image", kwargs={"signed": signing.dumps(named, salt=_SALT, compress=True)})


def read_address(signed: str) -> RemoteImage | None:
    """What the address names; None for what we did not sign, or too long ago."""
    try:
        organization_id, url, is_for_frame = signing.loads(signed, salt=_SALT, max_age=VALID_S)
        if is_for_frame:
            signing.loads(signed, salt=_SALT, max_age=FRAME_VALID_S)
    except signing.BadSignature:
        return None
    return RemoteImage(organization_id=organization_id, url=url, is_for_frame=bool(is_for_frame))
