"""The connection to a Weaviate server: its two protocols, its key, whom to trust."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import weaviate
from weaviate.classes.init import AdditionalConfig, Auth, Timeout

from index.stores.base import key
from index.stores.trust import authority

_GRPC_PORT = 50051


def connected(url: str, facts: Mapping[str, Any]) -> weaviate.WeaviateClient:
    """Return a client of the server at the URL, connected."""
    parts, secret, wait = urlsplit(url), key(), facts.get("timeout", 60)
    secure, host = parts.scheme == "https", parts.hostname or ""
    with _trusting(secure):
        return weaviate.connect_to_custom(
            http_host=host,
            http_port=parts.port or (443 if secure else 80),
            http_secure=secure,
            grpc_host=host,
            grpc_port=int(parse_qs(parts.query).get("grpc_port", [facts.get("grpc_port", _GRPC_PORT)])[0]),
            grpc_secure=secure,
            auth_credentials=Auth.api_key(secret) if secret else None,
            additional_config=AdditionalConfig(
                timeout=Timeout(init=min(10, wait), query=wait, insert=wait),
                trust_env=secure and authority() is not None,
            ),
        )


@contextlib.contextmanager
def _trusting(secure: bool) -> Iterator[None]:
    """Trust the mounted authority while connecting: the client takes one for both its protocols from these alone."""
    names = ("SSL_CERT_FILE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
    before = {name: os.environ.get(name) for name in names}
    if secure and (file := authority()):
        os.environ.update(dict.fromkeys(names, str(file)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
