"""The charsets a mailbox may expect of mail that names none."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

CHARSETS: tuple[tuple[str, Any], ...] = (
    ("", _("Find out from the text")),
    ("windows-1252", _("Western European (Windows-1252)")),
    ("windows-1250", _("Central European (Windows-1250)")),
    ("iso-8859-2", _("Central European (ISO 8859-2)")),
    ("windows-1257", _("Baltic (Windows-1257)")),
    ("windows-1251", _("Cyrillic (Windows-1251)")),
    ("koi8-r", _("Cyrillic (KOI8-R)")),
    ("windows-1253", _("Greek (Windows-1253)")),
    ("windows-1254", _("Turkish (Windows-1254)")),
    ("windows-1255", _("Hebrew (Windows-1255)")),
    ("windows-1256", _("Arabic (Windows-1256)")),
    ("windows-874", _("Thai (Windows-874)")),
    ("windows-1258", _("Vietnamese (Windows-1258)")),
    ("gb18030", _("Chinese, simplified (GB 18030)")),
    ("big5", _("Chinese, traditional (Big5)")),
    ("shift_jis", _("Japanese (Shift JIS)")),
    ("euc-jp", _("Japanese (EUC-JP)")),
    ("euc-kr", _("Korean (EUC-KR)")),
)
