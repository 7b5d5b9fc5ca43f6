"""The envelopes, messages and faults of Exchange Web Services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

FAULT_STATUS = 500  # faults are valid SOAP with this status
NS = {
    "s": "http://schemas.xmlsoap.org/soap/envelope/",
    "m": "http://schemas.microsoft.com/exchange/services/2006/messages",
    "t": "http://schemas.microsoft.com/exchange/services/2006/types",
}
_E = "http://schemas.microsoft.com/exchange/services/2006/errors"
_XMLNS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


def text(value: str) -> str:
    """As it stands inside an element; line ends as XML keeps them."""
    return escape(value, {"\r": "&#xD;"})


def envelope(operation: str, messages: Iterable[str], version: str, versions: Mapping[str, tuple[int, int]]) -> bytes:
    """A whole answer, with the version of the server in its header."""
    major, minor = versions[version]
    info = (
        f'<t:ServerVersionInfo MajorVersion="{major}" MinorVersion="{minor}" MajorBuildNumber="1000" '
        f'MinorBuildNumber="1" Version="{version}"/>'
    )
    told = f"<m:ResponseMessages>{''.join(messages)}</m:ResponseMessages>".replace("OPERATION", operation)
    inside = f"<m:{operation}Response>{told}</m:{operation}Response>"
    header = f"<s:Header>{info}</s:Header>"
    return f'<?xml version="1.0"?><s:Envelope {_XMLNS}>{header}<s:Body>{inside}</s:Body></s:Envelope>'.encode()


def message(operation: str, inside: str) -> str:
    """One thing went well."""
    code = "<m:ResponseCode>NoError</m:ResponseCode>"
    return f'<m:{operation}ResponseMessage ResponseClass="Success">{code}{inside}</m:{operation}ResponseMessage>'


def problem(code: str, words: str = "", operation: str = "OPERATION") -> str:
    """One thing went wrong, and the others are told of all the same."""
    inside = f"<m:MessageText>{text(words or code)}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>"
    return f'<m:{operation}ResponseMessage ResponseClass="Error">{inside}</m:{operation}ResponseMessage>'


def fault(code: str, words: str, *, back_off_ms: int | None = None) -> bytes:
    """The request as a whole went wrong. ErrorServerBusy says how long to wait (ews-throttling-in-exchange)."""
    wait = ""
    if back_off_ms is not None:
        value = f'<t:Value Name="BackOffMilliseconds">{back_off_ms}</t:Value>'
        wait = f'<t:MessageXml xmlns:t="{NS["t"]}">{value}</t:MessageXml>'
    detail = (
        f'<detail><e:ResponseCode xmlns:e="{_E}">{code}</e:ResponseCode>'
        f'<e:Message xmlns:e="{_E}">{text(words)}</e:Message>{wait}</detail>'
    )
    inside = f"<s:Fault><faultcode>a:{code}</faultcode><faultstring>{text(words)}</faultstring>{detail}</s:Fault>"
    return f'<?xml version="1.0"?><s:Envelope {_XMLNS}><s:Body>{inside}</s:Body></s:Envelope>'.encode()
