"""JSON over HTTP, for a pod's sidecar or a service: whole requests, whole answers, under the caller's own prefix."""

import sys
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from runtime import log


class JsonHandler(BaseHTTPRequestHandler):
    """One connection.

    Attributes:
        prefix: first part of every path, with its slash; a caller that knows it never reaches a neighbour by mistake.
        most_body: longest body, in bytes.
    """

    prefix = ""
    most_body = 1024 * 1024
    protocol_version = "HTTP/1.1"

    def body(self) -> dict[str, Any]:
        """Return the request's body.

        Raises:
            ValueError: There is none, it is too long, or it is not a JSON object.
        """
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise ValueError("a body in chunks; send it whole, with a Content-Length")
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or not 0 < int(length) <= self.most_body:
            self.close_connection = True  # what was not read would be taken for the next request
            raise ValueError(f"a body of {length} bytes; from 1 to {self.most_body} are read")
        body = orjson.loads(self.rfile.read(int(length)))
        if not isinstance(body, dict):
            raise ValueError("the body is not a JSON object")
        return body

    def send(self, status: int, value: dict[str, Any]) -> None:
        """Send a JSON answer."""
        data = orjson.dumps(value)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self._write(data)

    def send_text(self, text: str) -> None:
        """Send an answer for a program that reads plain text."""
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self._write(data)

    def _write(self, data: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the library refuses, such as a method that we do not have, in JSON like everything else."""
        self.close_connection = True
        self.send(code, {"error": {"message": message or HTTPStatus(code).phrase}})

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a line for each request would drown the step's own."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # connections that wait to be taken; five are too few where many clients come at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a fault in a line; a client that hangs up before the answer is not one."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("defect", f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def listening(port: int, handler: type[JsonHandler], wait: float, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Return a server at a port, which a neighbour may hold for a while where pods share a machine.

    Raises:
        TimeoutError: the port is still taken after `wait` seconds.
    """
    ends = time.monotonic() + wait
    while True:
        try:
            return _Server((host, port), handler)
        except OSError as error:
            if time.monotonic() >= ends:
                message = f"port {port} is not available: {error}; another server of this machine may hold it"
                raise TimeoutError(message) from error
            time.sleep(0.5)
