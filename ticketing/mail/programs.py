"""Whether a file is a program, by what is in it: names and declared types are the sender's word. Pure.

Scripts that are plain text, such as .js, .vbs or .bat, show nothing and are known by their endings alone.
"""

from __future__ import annotations

_HEADS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",  # Mach-O: 32 and 64 bits, either order of bytes
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",  # Mach-O for several processors, and classes of Java
    b"L\x00\x00\x00\x01\x14\x02\x00",  # shortcuts of Windows, which run what they name
    b"#!",
    b"\xef\xbb\xbf#!",
)
_TYPES = frozenset({"application/java-archive", "application/x-msi", "application/vnd.android.package-archive"})
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MSI = bytes.fromhex("84100c0000000000c000000000000046")  # class of the root storage of Windows Installer packages
_FIRST_NAME = slice(30, 300)  # where a ZIP archive names its first file
_OF_PROGRAMS = (b"META-INF/", b"AndroidManifest.xml")


def is_program(content: bytes, *, content_type: str) -> bool:
    """True for what a computer runs. content_type: as `sniff_type` gives it."""
    if content_type in _TYPES or content.startswith(_HEADS):
        return True
    if content.startswith(b"MZ"):  # a text may begin so, but has no NUL in its first line
        return b"\x00" in content[:64]
    if content.startswith(_ZIP):
        return content[_FIRST_NAME].startswith(_OF_PROGRAMS)
    return content.startswith(_OLE) and _root_class(content) == _MSI


def _root_class(content: bytes) -> bytes:
    """The class of an OLE file's root storage: in the first entry of its directory."""
    sector_bytes = 1 << min(int.from_bytes(content[30:32], "little"), 16)
    start = (int.from_bytes(content[48:52], "little") + 1) * sector_bytes
    return content[start + 80 : start + 96]
