"""Servers that documents come from: a Git server and a web site."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


def git(folder: Path, *words: str) -> str:
    """Run git as nobody in particular."""
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    done = subprocess.run(["git", "-C", str(folder), *author, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextlib.contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Serve a folder's repositories by git's own protocol; yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["git", "daemon", "--export-all", f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"git://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


class Site(BaseHTTPRequestHandler):
    """A site of pages: path -> status, headers, body. It says 304 to an ETag that it has, and keeps what was asked."""

    pages: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]]
    asked: ClassVar[list[tuple[str, int]]]

    def do_GET(self) -> None:
        """Answer a request."""
        status, headers, body = self.pages.get(self.path, (404, {}, b""))
        if status == 200 and headers.get("ETag", "") == self.headers.get("If-None-Match", "none"):
            status, body = 304, b""
        self.asked.append((self.path, status))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[tuple[str, type[Site]]]:
    """Serve a site of an index of sitemaps; yield its address and what it answers with."""

    class Served(Site):
        asked: ClassVar[list[tuple[str, int]]] = []

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    html = {"Content-Type": "text/html; charset=utf-8"}
    paths = ["/", "/b/?x=1", "/caf%C3%A9", "/private/x", "/gone", "/away", "/moved", "/picture"]
    first = "".join(f"<url><loc>{base}{path}</loc></url>" for path in paths)
    second = f"<url><loc>{base}/#part</loc></url><url><loc>http://127.0.0.2:1/x</loc></url>"
    Served.pages = {
        "/robots.txt": (200, {}, f"User-agent: *\nDisallow: /private\nSitemap: {base}/index.xml".encode()),
        "/index.xml": (
            200,
            {},
            f"<sitemapindex><sitemap><loc>{base}/1.xml</loc></sitemap><sitemap><loc>{base}/2.xml</loc></sitemap>"
            "</sitemapindex>".encode(),
        ),
        "/1.xml": (200, {}, f"<urlset>{first}</urlset>".encode()),
        "/2.xml": (200, {}, f"<urlset>{second}</urlset>".encode()),
        "/": (200, {**html, "ETag": '"1"'}, b"<title>Home</title><p>text"),
        "/b/?x=1": (200, {**html, "ETag": 'W/"2"'}, b"<title>B</title><p>text"),
        "/caf%C3%A9": (200, {"Content-Type": "text/plain; charset=iso-8859-1"}, b"caf\xe9"),
        "/private/x": (200, html, b"secret"),
        "/away": (302, {"Location": "http://127.0.0.2:1/"}, b""),
        "/moved": (301, {"Location": "/b/?x=1"}, b""),
        "/picture": (200, {"Content-Type": "image/png"}, b"\x89PNG"),
    }
    try:
        yield base, Served
    finally:
        server.shutdown()
        server.server_close()
