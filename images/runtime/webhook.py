"""One request to an address outside: no redirect is followed, so that headers and body reach that host alone."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import Any, NamedTuple

from runtime import waiting

_SHOWN = 300  # bytes of an answer's text that are read


class Answer(NamedTuple):
    """What a server answered.

    Attributes:
        status: of HTTP.
        reason: the beginning of its text: why it refuses, in the server's own words where it has some.
        retry_after: when it may be asked again, as it says; empty where it does not.
    """

    status: int
    reason: str = ""
    retry_after: str = ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the answer is then an error with its 3xx status."""


def opened(request: urllib.request.Request, seconds: float) -> HTTPResponse:
    """Open a request, and return the answer to be read and closed.

    urllib would follow a redirect with the same headers, a bearer token included, and without the body.

    Raises:
        urllib.error.HTTPError: the answer is a redirect or a refusal, 3xx to 5xx.
        OSError: nothing answered in time.
        http.client.HTTPException: half an answer came, or the URL cannot be sent.
    """
    answer: HTTPResponse = urllib.request.build_opener(_Stay).open(request, timeout=seconds)
    return answer


def send(url: str, body: bytes, headers: Mapping[str, str], seconds: float, method: str = "POST") -> Answer:
    """Send a request and return its answer, 3xx to 5xx too.

    Args:
        url: the address.
        body: what is sent.
        headers: of the request.
        seconds: the most to wait for the whole answer, however slowly it comes.
        method: of HTTP.

    Raises:
        OSError: nothing answered in time.
        http.client.HTTPException: half an answer came, or the URL cannot be sent.
        ValueError: the URL is invalid.
    """
    if not url.lower().startswith(("http://", "https://")):  # urllib would read file:, and its error holds the address
        raise ValueError("the address does not begin with https:// or http://")
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)
    return waiting.within(seconds, lambda: _answer(request, seconds))


def _answer(request: urllib.request.Request, seconds: float) -> Answer:
    try:
        with opened(request, seconds) as answer:
            return Answer(int(answer.status), _text(answer))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _text(error) or str(error.reason), error.headers.get("Retry-After", ""))


def _text(answer: HTTPResponse | urllib.error.HTTPError) -> str:
    with suppress(OSError, HTTPException):
        return answer.read(_SHOWN).decode(errors="replace").strip()
    return ""
