"""One POST to an address outside: no redirect is followed, so that its headers and its body reach that host alone."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the answer is then an error with its 3xx status."""


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """Send a POST and return the status of its answer, 3xx to 5xx too.

    urllib would follow a redirect with the same headers, a bearer token included, and without the body.

    Args:
        url: the address.
        body: what is sent.
        headers: of the request.
        seconds: the most to wait for an answer.

    Raises:
        OSError: nothing answered in time.
        http.client.HTTPException: half an answer came, or the URL cannot be sent.
        ValueError: the URL is invalid.
    """
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
