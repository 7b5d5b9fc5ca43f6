"""Microsoft's clouds and their hosts. An enum and this table, never free text: tokens go to these hosts alone.
The hosts of Exchange outside the global cloud are from Microsoft's lists of endpoints, not from a connection.

https://learn.microsoft.com/graph/deployments; tokens of one cloud are nothing in another.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CloudHosts:
    """Where one cloud signs in, and where its mail is. Hosts as `host`, or `host:port` beyond 443."""

    login: str
    graph: str
    exchange: str  # EWS, and the resource of IMAP, POP and SMTP scopes
    exchange_resource: str  # the resource as scopes of people spell it
    smtp: str = "smtp.office365.com"
    login_aliases: tuple[str, ...] = ()  # what the cloud's own discovery may answer with

    @property
    def graph_scope(self) -> str:
        """What an app asks for to act by itself at Graph."""
        return f"https://{self.graph}/.default"

    @property
    def exchange_scope(self) -> str:
        """What an app asks for to act by itself over IMAP, POP, SMTP or EWS."""
        return f"https://{self.exchange}/.default"


CLOUDS: dict[str, CloudHosts] = {  # by the value of models.Cloud
    "global": CloudHosts(
        "login.microsoftonline.com",
        "graph.microsoft.com",
        "outlook.office365.com",
        "https://outlook.office.com",
        login_aliases=("login.microsoft.com", "login.windows.net"),
    ),
    "us_gov": CloudHosts(
        "login.microsoftonline.us",
        "graph.microsoft.us",
        "outlook.office365.us",
        "https://outlook.office365.us",
        "smtp.office365.us",
    ),
    "us_dod": CloudHosts(
        "login.microsoftonline.us",
        "dod-graph.microsoft.us",
        "outlook-dod.office365.us",
        "https://outlook-dod.office365.us",
        "outlook-dod.office365.us",
    ),
    "china": CloudHosts(
        "login.chinacloudapi.cn",
        "microsoftgraph.chinacloudapi.cn",
        "partner.outlook.cn",
        "https://partner.outlook.cn",
        "smtp.partner.outlook.cn",
        ("login.partner.microsoftonline.cn",),
    ),
}
