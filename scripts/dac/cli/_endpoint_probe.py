"""Ask an endpoint which models it serves, before anything is started for it: a wrong address or key is said at once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dac.cli._arguments import Misuse
from dac.model.printing import printable
from dac.model.suggestion import suggestion
from dac.model.words import article_list, quoted

_SECONDS = 10.0
_MOST = 2**20  # bytes of a list of models
_CALLS = ("/chat/completions", "/completions", "/search")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take the key to another host."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """Return no request to follow with."""


def checked_url(url: str) -> str:
    """Return an endpoint's address; refuse one that is none, or that holds a password."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in url):
        raise Misuse(f"--endpoint {quoted(url)} is not an address; write one such as http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise Misuse("--endpoint: the address holds a user or a password; give the key with --key-env NAME")
    return url


def models(url: str, headers: Mapping[str, str]) -> list[str]:
    """Return the models that an endpoint lists; none where it lists none (retrieval services, some gateways).

    Raises:
        Misuse: nothing answers at the address, or it refuses the key.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    request = urllib.request.Request(_models_url(url), headers=dict(headers))
    try:
        with opener.open(request, timeout=_SECONDS) as response:
            return _named(response.read(_MOST))
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            what = "refused the key" if headers else "asks for a key"
            raise Misuse(
                f"the endpoint {what} (HTTP {error.code}); name the variable that holds it: --key-env NAME"
            ) from error
        return []
    except OSError as error:  # URLError is one
        reason = getattr(error, "reason", error)
        raise Misuse(
            f"nothing answers at {_shown(url)}: {printable(str(reason))}; start the server, or check --endpoint"
        ) from error
    except ValueError:  # what answers does not speak HTTP, or no JSON
        return []


def chosen_model(given: str, listed: list[str]) -> str:
    """Return the model to ask: the one that was named, or the only one that is served."""
    if given and listed and given not in listed:
        raise Misuse(f"the endpoint serves no model {quoted(given)}; {suggestion(given, listed)}")
    if given:
        return given
    if not listed:
        raise Misuse("the endpoint does not list its models; name the one to ask with --model")
    if len(listed) > 1:
        raise Misuse(f"the endpoint serves {len(listed)} models; choose one with --model: {article_list(listed)}")
    return listed[0]


def _models_url(url: str) -> str:
    """Return where the models are listed: beside the calls that the address leads to."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    path = next((path.removesuffix(call) for call in _CALLS if path.endswith(call)), path)
    version = path if path.endswith("/v1") else f"{path}/v1"
    return parts._replace(path=f"{version}/models", fragment="").geturl()


def _named(data: bytes) -> list[str]:
    value = json.loads(data)
    listed = value.get("data") if isinstance(value, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [entry["id"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _shown(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()
