"""Artifacts at an address of HTTP, or of an Artifactory, which speaks it (workflow/artifacts/http)."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from typing import BinaryIO

from dac.run.argo.node import JSON
from dac.run.local import http_auth
from dac.run.local.redirects import Redirects

SECONDS = 600  # that a download or a clone may take


def download(place: JSON, target: Path) -> None:
    """Write what a URL gives to a file.

    Raises:
        FileNotFoundError: There is nothing at it.
        OSError: It cannot be read.
    """
    with _answered(place, "loading content from", None) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file)


def upload(place: JSON, source: Path) -> None:
    """Send a file to a URL, by PUT.

    Raises:
        OSError: It cannot be sent.
    """
    with source.open("rb") as file:
        _answered(place, f"saving file {source.name} to", file).close()


def _answered(place: JSON, doing: str, body: BinaryIO | None) -> HTTPResponse:
    """Return what a URL answers: to GET, or to PUT with a body."""
    url = str(place.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise OSError(f'unsupported protocol scheme "{url}"')
    headers = {header["name"]: header.get("value", "") for header in place.get("headers", [])}
    if body is not None:
        headers["Content-Length"] = str(os.fstat(body.fileno()).st_size)
    if own := http_auth.authorization(place):
        headers["Authorization"] = own
    request = urllib.request.Request(url, body, headers, method="PUT" if body is not None else "GET")
    handlers: list[urllib.request.BaseHandler] = [Redirects(set())]
    if (context := http_auth.certificate(place)) is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    try:
        answer: HTTPResponse = opener.open(request, timeout=SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404 and body is None:
            raise FileNotFoundError(f"{error.code} {error.reason}") from error
        raise OSError(f"{doing} {url} failed with reason: {error.code} {error.reason}") from error
    except ValueError as error:
        raise OSError(str(error)) from error
    except urllib.error.URLError as error:
        raise OSError(f"{doing} {url} failed with reason: {error.reason}") from error
    return answer
