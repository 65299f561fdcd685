"""Quantities as Kubernetes writes them: CPUs and bytes."""

from __future__ import annotations

import re

_BINARY = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_BYTES = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGT]i)?")
_CPUS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m)?")


def parse_bytes(text: str) -> int:
    """Return the bytes of a quantity such as `4Gi`.

    Raises:
        ValueError: it is written in another way.
    """
    match = _BYTES.fullmatch(text)
    if match is None:
        raise ValueError(f"invalid amount of memory {text}; write it such as 4Gi")
    return round(float(match[1]) * _BINARY[match[2] or ""])


def parse_milli(text: str) -> int:
    """Return the thousandths of a CPU of a quantity such as `2` or `250m`.

    Raises:
        ValueError: it is written in another way.
    """
    match = _CPUS.fullmatch(text)
    if match is None:
        raise ValueError(f"invalid number of CPUs {text}; write it such as 2 or 250m")
    return round(float(match[1]) * (1 if match[2] else 1000))


def milli_text(milli: int) -> str:
    """Return the quantity of thousandths of a CPU as the API server keeps it: `2`, or `2540m`."""
    return f"{milli}m" if milli % 1000 else str(milli // 1000)


def bytes_text(size: int) -> str:
    """Return the quantity of a number of bytes as the API server keeps it: in the greatest unit that divides it."""
    unit = next((u for u in ("Ti", "Gi", "Mi", "Ki") if size and size % _BINARY[u] == 0), "")
    return f"{size // _BINARY[unit]}{unit}"
