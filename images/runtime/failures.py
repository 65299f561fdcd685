"""What the engine says failed: the first nodes of its list, cut at some length, and how many there are.

The whole list of a large fan-out does not fit into a variable: from 131,072 bytes on the exit handler could not be
started, and the worst outages were silent. So the template hands over FAILURES, the list's beginning, and FAILED, the
number of nodes on it.
"""

import os
import re
from collections.abc import Mapping
from json import JSONDecodeError, JSONDecoder, dumps, loads
from typing import Any

_ESCAPE = 12  # the most characters of one escape that a cut may halve, `\ud83d\ude00`
# Escapes that Go's strconv.Quote writes and JSON does not have: of bytes, of characters beyond \uffff, \a and \v.
_GO = re.compile(r"\\(?:(\\)|x([0-9a-f]{2})|U([0-9a-f]{8})|([av]))")


def listed(environ: Mapping[str, str] = os.environ) -> list[dict[str, str]]:
    """Return the nodes that are named: step and message each; a node that the cut halves is left out."""
    text = environ.get("FAILURES", "") or "[]"
    nodes, whole = _nodes(text)
    if not nodes and not whole and text.strip('"[] '):
        return [{"step": "", "message": _sound(text[:500])}]
    return [
        {"step": _sound(node.get("displayName", "")), "message": _sound(node.get("message", ""))}
        for node in nodes
        if isinstance(node, dict)
    ]


def count(environ: Mapping[str, str] = os.environ) -> int:
    """Return how many nodes failed: as the engine counted them, or as many as are named."""
    text = environ.get("FAILED", "")
    return max(int(text) if text.isdecimal() else 0, len(listed(environ)))


def _sound(text: Any) -> str:
    """Return a text in which half a character, as a cut leaves it, is replaced: nothing can be sent with one."""
    return str(text).encode(errors="replace").decode()


def _nodes(text: str) -> tuple[list[Any], bool]:
    """Return the nodes of a list that may be cut, and whether it is whole."""
    unquoted = _unquoted(text) if text.startswith('"') else text
    try:
        value = loads(unquoted) or []
        return (value, True) if isinstance(value, list) else ([], False)
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
    body = _GO.sub(_json_escape, body)
    for cut in range(_ESCAPE + 1):
        part = body[: len(body) - cut] if cut else body
        try:
            return str(loads(f'"{part}"'))
        except JSONDecodeError:
            continue
    return body


def _json_escape(escape: re.Match[str]) -> str:
    """Return an escape of Go's as one that JSON has; a byte that stands for nothing as U+FFFD."""
    backslash, byte, character, letter = escape.groups()
    if backslash:
        return escape[0]
    code = int(byte or character, 16) if byte or character else {"a": 7, "v": 11}[letter]
    return dumps("\ufffd" if byte and code > 0x7F else chr(code))[1:-1]
