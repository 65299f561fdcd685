"""What the catalog lets pods reach is bounded, and written in the one way that everybody reads alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from dac.model import Repository
from dac.validate.catalog import catalog_findings

ROOT = Path(__file__).parents[2]


def problems(repository: Repository, egress: dict[str, dict[str, Any]], **platform: Any) -> list[str]:
    """Return what is found once some endpoints let pods reach other networks."""
    kinds = dict(repository.catalog.kinds)
    kinds["endpoints"] = kinds["endpoints"] | {
        name: kinds["endpoints"]["slack"] | {"egress": facts} for name, facts in egress.items()
    }
    kinds["platform"] = {**kinds["platform"], **platform}
    documents = {
        kind: replace(document, data=kinds.get(kind, document.data))
        for kind, document in repository.catalog.documents.items()
    }
    changed = replace(repository, catalog=replace(repository.catalog, kinds=kinds, documents=documents))
    return [finding.message for finding in catalog_findings(changed)]


def to(*cidrs: str, ports: tuple[int, ...] = (443,)) -> dict[str, Any]:
    return {"cidrs": list(cidrs), "ports": list(ports)}


@pytest.mark.parametrize(
    "cidr",
    [
        "10.0.0.0/8",
        "10.20.0.0/16",
        "100.64.0.0/16",
        "172.16.0.0/12",
        "192.168.7.0/24",
        "52.216.0.0/15",
        "8.8.8.8/32",
        "2600:1fa0:8000::/39",
        "fd12:3456:789a::/48",
        "fd12::/16",
        "64:ff9b::a14:0/120",
    ],
)
def test_a_network_of_servers(cidr: str, repository: Repository) -> None:
    assert problems(repository, {"slack": to(cidr)}) == []


EVERYBODYS = [
    *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "192.0.0.0/2", "64.0.0.0/3", "8.0.0.0/7", "52.0.0.0/8", "32.0.0.0/11"),
    *("::/0", "::/1", "8000::/1", "2000::/3", "2600::/12", "2600::/31", "fc00::/7", "fd00::/8", "fd12::/15"),
]
OTHERS = [
    *("169.254.169.254/32", "169.254.0.0/16", "169.254.170.23/32", "100.100.100.200/32", "100.64.0.0/10"),
    *(
        "127.0.0.1/32",
        "127.0.0.0/8",
        "0.0.0.0/32",
        "0.0.0.0/8",
        "224.0.0.1/32",
        "255.255.255.255/32",
        "168.63.129.16/32",
    ),
    *("fe80::1/128", "fe80::a9fe:a9fe/128", "fd00:ec2::254/128", "fd00:ec2::/32", "fd20:ce::254/128", "ff02::1/128"),
    *("fd00:c1::a9fe:a9fe/128", "fd00:c1::/32"),
    *(
        "::ffff:0:0/96",
        "::ffff:a9fe:a9fe/128",
        "::a9fe:a9fe/128",
        "::1/128",
        "::/96",
        "2002:a9fe:a9fe::/48",
        "2002::/16",
    ),
    *("2001::/32", "2001:0:4136::/48", "64:ff9b:1::/48", "64:ff9b::a9fe:a9fe/128", "64:ff9b::/96", "64:ff9b::/64"),
]
IN_ANOTHER_WAY = [
    *("10.20.0.1/24", "10.20.0.0", "10.20.0.0/255.255.255.0", "10.20.0.0/0.0.0.255", "10.20.0.0/024", "10.20.0.7/0"),
    *("FD12:3456:789A::/48", "fd12:3456:789a:0::/48", "fd12:3456:789a::1/48", "::ffff:10.20.0.0/124"),
    *("010.20.0.0/16", "10.20/16", "0x0a140000/16", "169082880/16", "10.20.0.0/33", "10.20.0.0/-1", "10.20.0.0/", "/0"),
    *("", "*", "any", " 10.20.0.0/16", "10.20.0.0/16\n", "10.20.0.0/16,0.0.0.0/0", "example.com", "fe80::1%eth0/128"),
    *("\uff11\uff10.20.0.0/16", "10.20.0.0/\uff11\uff16", "[fd12:3456:789a::]/48"),
]


@pytest.mark.parametrize("cidr", [*EVERYBODYS, *OTHERS, *IN_ANOTHER_WAY])
def test_a_network_that_is_refused(cidr: str, repository: Repository) -> None:
    """One network among sound ones is found by itself."""
    messages = problems(repository, {"slack": to("10.20.2.0/28", cidr)})
    assert len(messages) == 1, messages
    assert problems(repository, {}, cluster=api(cidr)) != []


@pytest.mark.parametrize("cidr", EVERYBODYS)
def test_a_network_of_everybody_is_said_to_be_too_wide(cidr: str, repository: Repository) -> None:
    assert "is wider than a" in problems(repository, {"slack": to(cidr)})[0]


def api(*cidrs: str, ports: tuple[int, ...] = (443,)) -> dict[str, Any]:
    return {"summary": "s", "server": "https://kubernetes.default.svc", "api": to(*cidrs, ports=ports)}


def parts(first: int, count: int, prefix: int) -> Iterator[str]:
    """Yield neighbouring IPv4 networks, from a first octet on."""
    for index in range(count):
        number = (first << 24) + (index << (32 - prefix))
        yield f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.0/{prefix}"


@pytest.mark.parametrize(
    "egress",
    [
        {"slack": to(*parts(16, 5, 12))},
        {"slack": to(*parts(16, 300, 18))},
        {"slack": to(*parts(16, 3, 12)), "mlflow": to(*parts(32, 3, 12))},
        {f"model-{octet}": to(f"{octet}.0.0.0/16") for octet in range(11, 99)},
        {f"model-{octet}": to(f"{octet}.0.0.0/12") for octet in chain(range(11, 14), range(64, 67))},
        {"slack": to(*(f"2600:{index:x}::/32" for index in range(16, 21)))},
    ],
    ids=["five parts", "many small parts", "two endpoints", "many endpoints", "six endpoints", "IPv6"],
)
def test_parts_that_come_to_everybodys_networks(egress: dict[str, Any], repository: Repository) -> None:
    (message,) = problems(repository, egress)
    assert "together" in message


@pytest.mark.parametrize("private", ["10.0.0.0/8", "100.64.0.0/16", "172.16.0.0/12", "192.168.0.0/16"])
def test_private_networks_come_on_top_of_the_public_ones(private: str, repository: Repository) -> None:
    """Four parts are as many public addresses as there may be."""
    assert problems(repository, {"slack": to(*parts(16, 4, 12), private)}) == []
    public = [f"2600:{index:x}::/32" for index in range(16, 20)]
    assert problems(repository, {"slack": to(*public, "fd12:3456:789a::/48")}) == []


def test_parts_that_lie_in_one_another_count_once(repository: Repository) -> None:
    """Servers behind one network may be several endpoints."""
    egress = {f"model-{index}": to("52.208.0.0/12", "52.216.0.0/15") for index in range(20)}
    assert problems(repository, egress) == []


def test_what_a_network_policy_takes_as_all_is_refused(repository: Repository) -> None:
    assert problems(repository, {"slack": to("10.20.2.0/28", ports=())}) == [
        "no port is listed, which a NetworkPolicy takes as every port"
    ]
    assert problems(repository, {"slack": to(ports=())}) == []
    assert problems(repository, {}, cluster=api(ports=())) == [
        "no network is listed, which a NetworkPolicy takes as every network",
        "no port is listed, which a NetworkPolicy takes as every port",
    ]
    assert problems(repository, {}, cluster=api("10.0.0.1/32", ports=())) == [
        "no port is listed, which a NetworkPolicy takes as every port"
    ]


@pytest.mark.parametrize("ports", [tuple(range(1, 34)), (443, 443), (0,), (65536,), (-1,), ("443",)])
def test_ports_that_are_every_port_or_none(ports: tuple[int, ...], repository: Repository) -> None:
    assert len(problems(repository, {"slack": to("10.20.2.0/28", ports=ports)})) == 1
    assert len(problems(repository, {}, cluster=api("10.0.0.1/32", ports=ports))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".*",
        "*",
        "a b",
        "A",
        "x\n",
        "{{workflow.name}}",
        "..",
        "../x",
        "store-",
        "-x",
        "a/b",
        "x" * 254,
        "a_b",
        "\uff4dodel",
    ],
)
def test_an_endpoint_that_is_no_key_of_its_map(name: str, repository: Repository) -> None:
    """The API server refuses the whole ConfigMap, and so the sync of every project."""
    (message,) = problems(repository, {name: to("10.20.2.0/28")})
    assert message.endswith("which no project's namespace would then have")


def test_the_finding_stands_at_the_network(repository: Repository) -> None:
    text = (ROOT / "standards/catalog/endpoints.yaml").read_text().splitlines()
    line = next(number for number, line in enumerate(text, 1) if "10.20.2.0/28" in line)
    kinds = dict(repository.catalog.kinds)
    kinds["endpoints"] = kinds["endpoints"] | {"slack": kinds["endpoints"]["slack"] | {"egress": to("0.0.0.0/0")}}
    document = repository.catalog.documents["endpoints"]
    documents = {**repository.catalog.documents, "endpoints": replace(document, data=kinds["endpoints"])}
    changed = replace(repository, catalog=replace(repository.catalog, kinds=kinds, documents=documents))
    (finding,) = catalog_findings(changed)
    assert (finding.location.line, finding.code) == (line, "catalog.endpoints")
