"""A site whose files are for whoever gives its password, and that keeps what is sent to it."""

from __future__ import annotations

import base64
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

HEADER = "Basic " + base64.b64encode(b"ann:pa ss").decode()


class Site:
    """Files of a folder for whoever gives the password, and what was sent to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.sent: dict[str, bytes] = {}
        self.forms: list[dict[str, list[str]]] = []
        site = self

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *words: Any) -> None:
                super().__init__(*words, directory=str(folder))

            def log_message(self, *_: object) -> None:
                """Leave the request out of the test's output."""

            def opened(self) -> bool:
                site.asked.append(self.headers.get("Authorization", ""))
                if self.headers.get("Authorization") != HEADER:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="own"')
                    self.end_headers()
                return self.headers.get("Authorization") == HEADER

            def do_GET(self) -> None:
                if self.path.startswith("/elsewhere/"):
                    self.send_response(302)
                    self.send_header("Location", self.path.removeprefix("/elsewhere/"))
                    self.end_headers()
                elif self.opened():
                    super().do_GET()

            def do_POST(self) -> None:
                """Give a token to the client whose credentials are in the form, and to nobody by a header."""
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                site.forms.append(form)
                right = form.get("client_id") == ["ann"] and form.get("client_secret") == ["pa ss"]
                body = json.dumps({"access_token": HEADER.split()[1], "token_type": "Basic"} if right else {}).encode()
                self.send_response(200 if right else 401)
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith("/moved"):
                    self.send_response(307)
                    self.send_header("Location", self.path.removeprefix("/moved"))
                elif self.opened():
                    site.sent[self.path] = body
                    self.send_response(201)
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
