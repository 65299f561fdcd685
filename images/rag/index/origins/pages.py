"""Pages over HTTP from one host: asked for again only where they changed."""

from __future__ import annotations

import time
import urllib.request
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit

from index.origins.original import LARGEST
from index.origins.robots import AGENT, SAFE

_SECONDS = 30
_WAITS = (0.2, 1.0)  # seconds before what did not answer is asked again
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PORTS = {"http": ":80", "https": ":443"}
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

    def http_error_302(self, *_: Any) -> None:
        """Return None: the redirect is an answer, wherever it leads."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


_OPENER = urllib.request.build_opener(_Unmoved)


def origin(url: str) -> tuple[str, str]:
    """Return the scheme and host of an address; a port that the scheme means anyway is not said."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.netloc.lower().removesuffix(_PORTS.get(scheme, ":"))


def spelled(url: str) -> str:
    """Return an address in ASCII, as it is asked for, without its fragment.

    Raises:
        ValueError: it is not an address.
    """
    parts = urlsplit(url.partition("#")[0])
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(parts._replace(netloc=host).geturl(), safe=SAFE)


def resolved(base: str, url: str) -> str:
    """Return an address that stands in what lies at another one; "" where it is not an address."""
    try:
        return spelled(urljoin(base, url.strip()))
    except ValueError:
        return ""


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
            data = _unpacked(answer.read(most + 1), answer.headers.get("Content-Encoding", ""), most)
            if len(data) > most:
                limit = f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
                return Page(413, why=f"larger than {limit}")
            return Page(answer.status, data, answer.headers.get("Content-Type", ""), _stamp(answer.headers))
    except HTTPError as error:
        error.close()
        if error.code == 304:
            return Page(304, stamp=stamp, why="the site answers 304")
        target = resolved(url, error.headers.get("Location", "")) if error.code in _MOVED else ""
        return Page(
            error.code, target=target, why=f"the site answers {error.code}{f' and leads to {target}' if target else ''}"
        )
    except zlib.error as error:
        return Page(0, why=f"the site sends what is not as its Content-Encoding says: {error}")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        return Page(0, why=f"the site does not answer: {reason}")


def _unpacked(data: bytes, encoding: str, most: int) -> bytes:
    """Return a body without the compression that some sites send whoever asks; up to a byte more than `most`."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return data
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    unpacked = unpacking.decompress(data, most + 1)
    if not unpacking.eof and len(unpacked) <= most:
        raise zlib.error("it is cut off")
    return unpacked


def _stamp(headers: Any) -> str:
    if etag := headers.get("ETag"):
        return f"etag {etag}"
    modified = headers.get("Last-Modified")
    return f"modified {modified}" if modified else ""
