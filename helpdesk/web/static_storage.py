"""Static files under hashed names, kept by browsers for a year."""

from __future__ import annotations

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]  # no stubs

_IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]  # not in the stubs


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """Also rewrites the imports between our modules, so that a browser never mixes an old one with a new one.

    Django can do so for every script, but htmx's extensions name files in comments that do not exist.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _IMPORTS))
