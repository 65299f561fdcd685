"""Redirects of HTTP, followed as Go's client follows them."""

from __future__ import annotations

import urllib.request
from email.message import Message
from http.client import HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

_PRIVATE = ("authorization", "www-authenticate", "cookie", "cookie2")  # which Go keeps from another host too
_REPEATED = (307, 308)  # redirects that keep the method and the body


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects as Go does: 307 and 308 with the body, and another host without what is private."""

    def __init__(self, secret: set[str]) -> None:
        self.private = {*_PRIVATE, *secret}

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage | Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request to follow a redirect with."""
        kept = dict(req.header_items())
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            kept = {name: value for name, value in kept.items() if name.lower() not in self.private}
        kept.pop("Host", None)
        method: str = req.get_method()
        data: Any = req.data
        if hasattr(data, "seek"):
            data.seek(0)  # a file that was sent already
        if code not in _REPEATED and method not in ("GET", "HEAD"):
            method, data = "GET", None
            kept = {name: value for name, value in kept.items() if not name.lower().startswith("content-")}
        return urllib.request.Request(newurl, data, kept, req.origin_req_host, True, method)
