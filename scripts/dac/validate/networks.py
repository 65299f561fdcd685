"""Networks that the catalog lets pods reach: written one way, of bounded width, and never a machine's or a cloud's own.

A NetworkPolicy takes an empty list of networks, or of ports, as all of them, and a list of networks as their sum: two
halves are everything. A pod that reaches everything takes what it reads wherever it likes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from dac.model import Catalog, Finding, Pointer
from dac.model.words import quoted
from dac.validate.problem import Problem

Network = IPv4Network | IPv6Network
_CIDR = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
_PRIVATE = [ip_network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_WIDEST: Mapping[int, int] = {4: 12, 6: 32}  # the shortest prefix outside of private networks, by version
_TOGETHER: Mapping[int, int] = {4: 2**22, 6: 2**98}  # addresses outside of private networks, of the whole catalog
_WIDEST_PRIVATE: Mapping[int, int] = {4: 8, 6: 16}
_NAT64 = IPv6Network("64:ff9b::/96")  # a machine with IPv6 alone reaches IPv4 by it: the last 32 bits count
_EMBEDDING = [
    IPv6Network(text)
    for text in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
]
_RESERVED: Mapping[str, str] = {
    "0.0.0.0/8": "addresses of the machine itself",
    "127.0.0.0/8": "addresses of the machine itself",
    "169.254.0.0/16": "link-local addresses, where clouds hand out credentials",
    "100.100.100.200/32": "the metadata service of Alibaba Cloud",
    "168.63.129.16/32": "the host of Azure",
    "192.0.0.192/32": "the metadata service of Oracle Cloud",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "addresses that nobody has",
    "fe80::/10": "link-local addresses, where clouds hand out credentials",
    "fd00:ec2::/32": "the metadata service of AWS",
    "fd20:ce::254/128": "the metadata service of Google Cloud",
    "fd00:c1::a9fe:a9fe/128": "the metadata service of Oracle Cloud",
    "ff00::/8": "multicast",
}
_NOBODYS = {ip_network(text): whose for text, whose in _RESERVED.items()}


def egress_problems(egress: Mapping[str, Any], pointer: Pointer, *, needed: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with what a NetworkPolicy lets pods reach.

    Args:
        egress: `cidrs` and `ports`, of the shape that the schema asks for.
        pointer: where it stands below the entry's facts.
        needed: whether a policy is made of it even where it has no network.
    """
    cidrs: list[str] = egress["cidrs"]
    if needed and not cidrs:
        text = "no network is listed, which a NetworkPolicy takes as every network"
        yield (*pointer, "cidrs"), text, "list the networks that it has to reach"
    if (cidrs or needed) and not egress["ports"]:
        text = "no port is listed, which a NetworkPolicy takes as every port"
        yield (*pointer, "ports"), text, "list the ports that it has to reach, or empty `cidrs`"
    for index, cidr in enumerate(cidrs):
        if problem := _cidr_problem(cidr):
            yield (*pointer, "cidrs", index), *problem


def reserved(network: Network) -> str | None:
    """Say whose a network is, or a part of it, where no server of a platform can be; None where one can."""
    if isinstance(network, IPv6Network) and any(network.overlaps(other) for other in _EMBEDDING):
        return "IPv4 addresses in IPv6"
    return next((whose for other, whose in _NOBODYS.items() if _overlap(network, other)), None)


def width_findings(catalog: Catalog) -> Iterator[Finding]:
    """Yield a finding where all networks of the catalog's endpoints and sources together are (nearly) everybody's.

    What is wrong by itself is not counted. Halves, or many small parts, come to as much as the whole.
    """
    public = {
        (kind, name): [network for network in _networks(facts) if not _private(network)]
        for kind in ("endpoints", "sources")
        for name, facts in catalog.kinds.get(kind, {}).items()
    }
    for version, most in _TOGETHER.items():
        addresses = {name: _addresses(networks, version) for name, networks in public.items()}
        if _addresses([network for networks in public.values() for network in networks], version) > most:
            widest = max(addresses, key=lambda name: addresses[name])
            kind, name = widest
            place = catalog.documents[kind].at((name, "egress", "cidrs"))
            text = f"{kind} reach more than {most} public IPv{version} addresses together, {quoted(name)} the most"
            yield Finding(place, f"catalog.{kind}", text, "list the networks of the servers alone")


def _addresses(networks: list[Network], version: int) -> int:
    """Count the addresses of a version that are in one or more of the networks."""
    same: list[Any] = [network for network in networks if network.version == version]
    return sum(network.num_addresses for network in collapse_addresses(same))


def _networks(facts: Mapping[str, Any]) -> list[Network]:
    return [_inner(ip_network(cidr)) for cidr in facts["egress"]["cidrs"] if _cidr_problem(cidr) is None]


def _cidr_problem(cidr: str) -> tuple[str, str] | None:
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return f"{quoted(cidr)} is not a network in CIDR notation", "write one such as 10.20.0.0/24"
    if str(network) != cidr or not _CIDR.fullmatch(cidr):
        return f"{quoted(cidr)} is the network {network}, written in another way", f"write {network}"
    network = _inner(network)
    widest = (_WIDEST_PRIVATE if _private(network) else _WIDEST)[network.version]
    if network.prefixlen < widest:
        kind = "private" if _private(network) else "public"
        text = f"{quoted(cidr)} is wider than a {kind} network may be, which is /{widest}"
        return text, "list the networks of the servers alone"
    whose = reserved(network)
    return None if whose is None else (f"{quoted(cidr)} holds {whose}", "list the networks of the servers alone")


def _inner(network: Network) -> Network:
    """Return the IPv4 network that is meant by one of NAT64, and any other as it is."""
    if isinstance(network, IPv6Network) and network.subnet_of(_NAT64):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - _NAT64.prefixlen))
    return network


def _private(network: Network) -> bool:
    return any(network.version == other.version and network.subnet_of(other) for other in _PRIVATE)  # type: ignore[arg-type]


def _overlap(network: Network, other: Network) -> bool:
    return network.version == other.version and network.overlaps(other)
