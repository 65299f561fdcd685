"""Pages over HTTP from one host: asked for again only where they changed."""

from __future__ import annotations

import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit

from index.origins.original import LARGEST
from index.origins.robots import AGENT

_SECONDS = 30
_WAITS = (0.2, 1.0)  # seconds before what did not answer is asked again
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_MOVED = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Page:
    """What a host answered.

    Attributes:
        status: the HTTP status; 0 where there was no answer.
        data: the body; empty unless the status is 200.
        media: the header Content-Type.
        stamp: its ETag, else its time of change, as it is sent back; "" where it has neither.
        target: where a redirect leads; "" where there is none.
        why: what went wrong, for people; "" for an answer.
    """

    status: int
    data: bytes = b""
    media: str = ""
    stamp: str = ""
    target: str = ""
    why: str = ""

    @property
    def passing(self) -> bool:
        """Whether the host may answer otherwise in a while."""
        return self.status == 0 or self.status in _PASSING


class _Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: each is judged before it is followed."""

    def redirect_request(self, *_: Any) -> None:
        """Return None: the redirect is an answer."""


_OPENER = urllib.request.build_opener(_Unmoved)


def origin(url: str) -> tuple[str, str]:
    """Return the scheme and host of an address."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def spelled(url: str) -> str:
    """Return an address in ASCII, as it is asked for, without its fragment."""
    return quote(url.partition("#")[0], safe="%/:=&?~#+!$,;'@()*[]")


def get(url: str, stamp: str = "", most: int = LARGEST) -> Page:
    """Ask for a page, again where there was no answer; whatever comes of it is a Page."""
    page = _asked(url, stamp, most)
    for wait in _WAITS:
        if not page.passing:
            break
        time.sleep(wait)
        page = _asked(url, stamp, most)
    return page


def _asked(url: str, stamp: str, most: int) -> Page:
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": "*/*"})
    kind, _, value = stamp.partition(" ")
    if value:
        request.add_header("If-None-Match" if kind == "etag" else "If-Modified-Since", value)
    try:
        with _OPENER.open(request, timeout=_SECONDS) as answer:
            data = answer.read(most + 1)
            if len(data) > most:
                return Page(413, why=f"larger than {most >> 20} MiB")
            return Page(answer.status, data, answer.headers.get("Content-Type", ""), _stamp(answer.headers))
    except HTTPError as error:
        error.close()
        if error.code == 304:
            return Page(304, stamp=stamp)
        target = urljoin(url, spelled(error.headers.get("Location", ""))) if error.code in _MOVED else ""
        return Page(
            error.code, target=target, why=f"the site answers {error.code}{f' and leads to {target}' if target else ''}"
        )
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Page(0, why=f"the site does not answer: {reason}")


def _stamp(headers: Any) -> str:
    if etag := headers.get("ETag"):
        return f"etag {etag}"
    modified = headers.get("Last-Modified")
    return f"modified {modified}" if modified else ""
