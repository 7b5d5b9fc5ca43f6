"""Each cloud of Microsoft has its own places: where it signs in, and where its mail is.

Written from https://learn.microsoft.com/graph/deployments, not from the product.
"""

from __future__ import annotations

import pytest

from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Cloud

PAIRS = [
    (Cloud.GLOBAL, "login.microsoftonline.com", "graph.microsoft.com"),
    (Cloud.US_GOVERNMENT, "login.microsoftonline.us", "graph.microsoft.us"),
    (Cloud.US_DEFENSE, "login.microsoftonline.us", "dod-graph.microsoft.us"),
    (Cloud.CHINA, "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"),
]


def test_every_cloud_that_can_be_chosen_is_one_of_them() -> None:
    assert {cloud for cloud, _, _ in PAIRS} == set(Cloud) == set(CLOUDS)


@pytest.mark.req("S1.18")
@pytest.mark.parametrize(("cloud", "login", "graph"), PAIRS)
def test_a_cloud_signs_in_and_reads_at_its_own_hosts(cloud: Cloud, login: str, graph: str) -> None:
    hosts = CLOUDS[cloud]
    assert (hosts.login, hosts.graph, hosts.graph_scope) == (login, graph, f"https://{graph}/.default")
    others = [CLOUDS[other] for other in Cloud if other != cloud]
    assert all({hosts.graph, hosts.exchange, hosts.smtp}.isdisjoint({o.graph, o.exchange, o.smtp}) for o in others)
