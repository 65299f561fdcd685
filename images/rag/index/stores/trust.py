"""Whom to trust: the authority that signed the store's certificate, from its Secret."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from index.stores import base


def authority() -> Path | None:
    """Return the mounted `ca.crt`; None where a public authority does."""
    file = base.SECRETS / "ca.crt"
    return file if file.is_file() else None


def distrust(url: str, engine: str) -> str | None:
    """Return why the certificate at the address is not trusted, in words; None where it is, or where nothing answers.

    gRPC keeps the reason to itself, so the handshake is made once more.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    context = ssl.create_default_context(cafile=authority())
    try:
        with socket.create_connection((parts.hostname, parts.port or 443), timeout=5) as connection:
            context.wrap_socket(connection, server_hostname=parts.hostname).close()
    except ssl.SSLCertVerificationError as error:
        return (
            f"the certificate of {engine} at {parts.hostname} is not trusted: {error.verify_message}; "
            "`ca.crt` in the store's Secret is the authority that signed it"
        )
    except OSError:
        return None
    return None
