"""What the guides to an app in Microsoft Entra have in common."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import telling_redirect

ENTRA = "https://entra.microsoft.com/"
REDIRECT = telling_redirect("redirect", _("**Redirect URI**: choose **Web** and paste the redirect address."))
