"""An `http` template: one request, judged by its answer (the agent's executeHTTPTemplate).

A variable of its headers from a Secret stays with the host that the template names: a redirect to another drops it.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urlsplit

from dac.run.argo import gotext
from dac.run.argo.expression import ExpressionError, Expressions
from dac.run.argo.node import JSON
from dac.run.argo.pods import PodResult
from dac.run.local import http_auth
from dac.run.local.aside import GivenUp, aside
from dac.run.local.bindings import Bindings
from dac.run.local.redirects import Redirects

_MOST = 16 * 1024 * 1024  # bytes of an answer that are read: more does not fit an object of the cluster


class HttpRequest:
    """The request of one node under way."""

    def __init__(self, node: str, http: JSON, bindings: Bindings, expressions: Expressions) -> None:
        self.node, self.http, self.bindings, self.expressions = node, http, bindings, expressions
        self.stopped = ""
        self._over = asyncio.Event()

    async def run(self) -> PodResult:
        """Send it, and wait for its answer or for the request to be ended."""
        try:
            return await aside(self._sent, self._over)
        except GivenUp:
            return PodResult(self.node, "Failed", self.stopped, None)

    async def end(self, reason: str) -> None:
        """Give it up; `reason` is its message."""
        self.stopped = reason
        self._over.set()

    def _sent(self) -> PodResult:
        method, url = str(self.http.get("method") or "GET"), str(self.http.get("url", ""))
        try:
            headers, secret = self._headers()
            status, answered, body = self._answer(method, url, headers, secret)
            phase, message = self._judged(status, answered, body)
        except (OSError, HTTPException, ValueError, ExpressionError, LookupError) as error:
            reason = getattr(error, "reason", None) or error
            is_own_text = isinstance(error, (LookupError, ExpressionError))
            text = str(error.args[0] if is_own_text else f'{method.capitalize()} "{url}": {reason}')
            return PodResult(self.node, "Failed", text, None)
        return PodResult(self.node, phase, message, {"result": body})

    def _headers(self) -> tuple[dict[str, str], set[str]]:
        headers, secret = {}, set()
        for header in self.http.get("headers", []):
            value = header.get("value", "")
            if reference := header.get("valueFrom", {}).get("secretKeyRef"):
                value = self.bindings.secret(reference.get("name", ""), reference.get("key", ""))
                secret.add(header["name"].lower())
            headers[header["name"]] = value
        return headers, secret

    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], secret: set[str]
    ) -> tuple[int, dict[str, list[str]], str]:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError(f'unsupported protocol scheme "{urlsplit(url).scheme}"')
        content = base64.b64decode(self.http["bodyFrom"]["bytes"]) if "bodyFrom" in self.http else None
        content = str(self.http.get("body", "")).encode() if content is None else content
        request = urllib.request.Request(url, content or None, dict(headers), method=method)
        context = http_auth.unverified() if self.http.get("insecureSkipVerify") else ssl.create_default_context()
        opener = urllib.request.build_opener(Redirects(secret), urllib.request.HTTPSHandler(context=context))
        try:
            answer = opener.open(request, timeout=float(self.http.get("timeoutSeconds") or 600))
        except urllib.error.HTTPError as error:
            answer = error  # a status that Python takes for an error is an answer here
        with answer:
            body = answer.read(_MOST).decode("utf-8", "replace")
            listed: dict[str, list[str]] = {}
            for name, value in answer.headers.items():
                listed.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
            return int(answer.status), listed, body

    def _judged(self, status: int, headers: Mapping[str, list[str]], body: str) -> tuple[str, str]:
        condition = self.http.get("successCondition", "")
        if not condition:
            if 200 <= status < 300:
                return "Succeeded", ""
            return "Failed", f"received non-2xx response code: {status}"
        asked = {header["name"]: [header.get("value", "")] for header in self.http.get("headers", [])}
        scope = {
            "request": {key: self.http.get(key, "") for key in ("method", "url", "body")} | {"headers": asked},
            "response": {"statusCode": status, "body": body, "headers": dict(headers)},
        }
        if self.expressions.evaluate_bool(condition, scope):
            return "Succeeded", ""
        return "Failed", f"successCondition '{gotext.text(condition)}' evaluated false"
