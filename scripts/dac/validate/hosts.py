"""Servers that the catalog names by address: each host is written as it is looked up, and is none of a cloud's own.

A number has many forms (`0xA9FEA9FE`, `169.254.43518`, `[::ffff:a9fe:a9fe]`), and what reads an address reads some of
them: where only one form is allowed, it is plain what is reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from dac.model import Pointer
from dac.model.words import quoted
from dac.validate.networks import reserved
from dac.validate.problem import Problem

# RFC 3986, of which the authority is read as strictly as its strictest reader does: no backslash, no percent, no space.
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*).*", re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@\s\\]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9_-]|\{[a-z]+\}|\.)+)(?::[0-9]{1,5})?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # a last label that makes of the whole an IPv4 address, by WHATWG
_STEP = re.compile(r"(?:/|%2f)(?:\.|%2e){1,2}(?:/|%2f|$)", re.IGNORECASE)
_FILLED = re.compile(r"\{[a-z]+\}")  # what expansion puts in its place is a label or a part of one
_OF_PROJECT = re.compile(r"(?:.*\.)?(?P<namespace>[^.]*\{project\}[^.]*)(?:\.svc(?:\..*)?)?")
_METADATA = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)
_ENDPOINT = ("endpoints", "address")
_ARTIFACTS = ("platform", "endpoint")  # of the controller's artifacts: a host and a port, without a scheme
_HINT = "write one such as https://server.example.com"
_NO_ADDRESSES = frozenset({"summary", "description"})  # fields for people


def host_problems(kind: str, facts: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the addresses among an entry's facts.

    Args:
        kind: of the catalog; the address of an endpoint must be one, elsewhere only what begins like one is looked at.
        facts: of the entry.
    """
    for pointer, text in _texts(facts, ()):
        required = (kind, *pointer) in (_ENDPOINT, _ARTIFACTS) and text != ""
        address = f"s3://{text}" if required and (kind, *pointer) == _ARTIFACTS else text
        if problem := host_problem(address, required=required):
            yield pointer, *problem


def host_problem(address: str, *, required: bool = True) -> tuple[str, str] | None:
    """Say what is wrong with the host of an address and what to do; None where nothing is.

    Args:
        address: with its scheme.
        required: whether text that is not an address at all is wrong.
    """
    parts = _ADDRESS.fullmatch(address)
    if parts is None:
        return (f"{quoted(address)} is not an address", _HINT) if required else None
    if parts["scheme"].lower() == "file":
        return None
    if _STEP.search(parts["path"]):
        return (
            f"{quoted(address)} has a step . or .., which some servers follow and some do not",
            "write where it leads",
        )
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        return f"{quoted(address)} names no host, or not in letters, digits, dots and dashes", _HINT
    host = authority["host"].lower()
    if host != authority["host"] or host.endswith(".") or ".." in host or host.startswith("."):
        server = re.sub(r"\.+", ".", host).strip(".")
        return f"{quoted(address)} writes the host {quoted(server)} in another way", f"write {server}"
    last = host.rpartition(".")[2]
    if host.startswith("[") or _NUMBER.fullmatch(last):
        return _number(host.strip("[]"), address)
    if _FILLED.search(last) and parts["scheme"].lower() != "s3":  # a bucket is not looked up
        text = f"{quoted(address)} ends its host with a project's name, which can be a number, or a name of the network"
        return text, "write one such as https://{project}.example.com"
    return _name(host, address)


def _number(host: str, address: str) -> tuple[str, str] | None:
    try:
        number = ip_address(host)
    except ValueError:
        return f"the host of {quoted(address)} is a number in a form of its own", "write four numbers, or a name"
    if str(number) != host:
        return f"{quoted(address)} writes the host {number} in another way", f"write {number}"
    whose = None if number.is_loopback else reserved(ip_network(number))  # a pod's own servers are its own affair
    return None if whose is None else (f"{quoted(address)} leads to {whose}", _HINT)


def _name(host: str, address: str) -> tuple[str, str] | None:
    if _leads_to_metadata(host):
        return f"{quoted(address)} leads to the metadata service of a cloud", _HINT
    joined = _OF_PROJECT.fullmatch(host.partition(".")[2]) if "{project}" in host else None
    if joined and joined["namespace"] != "{project}":
        text = f"{quoted(address)} leads to a namespace {joined['namespace']}, which another project can be called"
        return text, "put {project} into another part of the address"
    return None


def _leads_to_metadata(host: str) -> bool:
    if "{" not in host:
        return host in _METADATA
    expanded = re.compile("[a-z0-9-]+".join(re.escape(part) for part in _FILLED.split(host)))
    return any(expanded.fullmatch(name) for name in _METADATA)


def _texts(value: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """Yield each text at or below a value with where it stands, but for those that only people read."""
    if isinstance(value, str):
        yield pointer, value
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        if step not in _NO_ADDRESSES:
            yield from _texts(inner, (*pointer, step))
