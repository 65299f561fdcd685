"""How a request of an artifact says who asks: a password, a token that is asked for, a certificate (HTTPAuth)."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from dac.run.argo.node import JSON

SECONDS = 60  # that a token may take


def authorization(place: JSON) -> str:
    """Return the `Authorization` of a place whose Secrets are filled in; empty where it has none.

    Raises:
        OSError: No token is given.
    """
    auth = place.get("auth", {})
    oauth = auth.get("oauth2", {})
    if all(oauth.get(key) for key in ("clientIDSecret", "clientSecretSecret", "tokenURLSecret")):
        return _token(oauth)
    basic = auth.get("basicAuth", place)
    user, password = str(basic.get("usernameSecret", "")), str(basic.get("passwordSecret", ""))
    return _basic(user, password) if user and password else ""


def unverified() -> ssl.SSLContext:
    """Return how TLS is spoken with whoever answers, whatever certificate that shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate(place: JSON) -> ssl.SSLContext | None:
    """Return how TLS is spoken with the certificate of a place whose Secrets are filled in; None where it has none.

    Raises:
        OSError: The certificate or its key cannot be used.
    """
    shown = place.get("auth", {}).get("clientCert", {})
    if not (shown.get("clientCertSecret") and shown.get("clientKeySecret")):
        return None
    context = ssl.create_default_context()
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # which Python reads from a file alone
        file.write(f"{shown['clientKeySecret']}\n{shown['clientCertSecret']}\n")
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _token(oauth: JSON) -> str:
    """Ask for a token by the client's credentials: in a header, or in the form where that is refused, as Go does."""
    url, user, password = (str(oauth[f"{key}Secret"]).strip() for key in ("tokenURL", "clientID", "clientSecret"))
    form = {"grant_type": "client_credentials"}
    if scopes := oauth.get("scopes"):
        form["scope"] = " ".join(scopes)
    form |= {item.get("key", ""): item.get("value", "") for item in oauth.get("endpointParams", [])}
    in_header = {"Authorization": _basic(urllib.parse.quote_plus(user), urllib.parse.quote_plus(password))}
    refused = ""
    for headers, more in ((in_header, {}), ({}, {"client_id": user, "client_secret": password})):
        body = urllib.parse.urlencode({**form, **more}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=SECONDS) as answer:
                token = json.loads(answer.read(2**20))
            return f"{token.get('token_type') or 'Bearer'} {token['access_token']}"
        except urllib.error.HTTPError as error:
            error.close()
            refused = f"{error.code} {error.reason}"
        except urllib.error.URLError as error:
            refused = str(error.reason)
        except (ValueError, KeyError, AttributeError, TypeError):
            refused = "its answer has no access_token"
    raise OSError(f'oauth2: cannot fetch token from "{url}": {refused}')
