"""What the engine says failed: the first nodes of its list, cut at some length, and how many there are.

The whole list of a large fan-out does not fit into a variable: from 131,072 bytes on the exit handler could not be
started, and the worst outages were silent. So the template hands over FAILURES, the list's beginning, and FAILED, the
number of nodes on it.
"""

import os
from collections.abc import Mapping
from json import JSONDecodeError, JSONDecoder, loads
from typing import Any

_ESCAPE = 12  # the most characters of one escape that a cut may halve, `\ud83d\ude00`


def listed(environ: Mapping[str, str] = os.environ) -> list[dict[str, str]]:
    """Return the nodes that are named: step and message each; a node that the cut halves is left out."""
    text = environ.get("FAILURES", "") or "[]"
    nodes, whole = _nodes(text)
    if not nodes and not whole and text.strip('"[] '):
        return [{"step": "", "message": text[:500]}]
    return [
        {"step": str(node.get("displayName", "")), "message": str(node.get("message", ""))}
        for node in nodes
        if isinstance(node, dict)
    ]


def count(environ: Mapping[str, str] = os.environ) -> int:
    """Return how many nodes failed: as the engine counted them, or as many as are named."""
    text = environ.get("FAILED", "")
    return max(int(text) if text.isdigit() else 0, len(listed(environ)))


def _nodes(text: str) -> tuple[list[Any], bool]:
    """Return the nodes of a list that may be cut, and whether it is whole."""
    unquoted = _unquoted(text) if text.startswith('"') else text
    try:
        return loads(unquoted) or [], True
    except JSONDecodeError:
        pass
    nodes, place, decoder = [], unquoted.find("{"), JSONDecoder()
    while place >= 0:
        try:
            node, end = decoder.raw_decode(unquoted, place)
        except JSONDecodeError:
            break
        nodes.append(node)
        place = unquoted.find("{", end)
    return nodes, False


def _unquoted(text: str) -> str:
    """Return the text that the engine quoted once more (Go's strconv.Quote), cut at the end or not."""
    body = text[1:-1] if len(text) > 1 and text.endswith('"') and not text.endswith('\\"') else text[1:]
    for cut in range(_ESCAPE + 1):
        part = body[: len(body) - cut] if cut else body
        try:
            return str(loads(f'"{part}"'))
        except JSONDecodeError:
            continue
    return body
