"""Starts yaml-language-server, which editors use, and asks it over its standard streams."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAM = "node_modules/yaml-language-server/bin/yaml-language-server"


def installed() -> Path | str:
    """Install what package-lock.json pins into the cache, once; return the program, or what is missing."""
    if not (npm := shutil.which("npm")) or not shutil.which("node"):
        return "node and npm are not installed; install them to ask the server that editors use"
    lock = (HERE / "package-lock.json").read_bytes()
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    cache = Path(os.environ.get("DAC_CACHE") or f"{caches}/dac")
    folder = cache / f"yaml-language-server-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.is_dir():
        beside = folder.with_name(f"{folder.name}.{os.getpid()}")
        beside.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, beside)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=beside, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(beside)
            return f"npm cannot install what tests/editor/package-lock.json pins: {done.stderr.strip()[-300:]}"
        try:
            beside.rename(folder)
        except OSError:  # another process of the tests was first
            shutil.rmtree(beside)
    return folder / PROGRAM


class LanguageServer:
    """One server with documents open in it."""

    def __init__(self, program: Path, schema: Path) -> None:
        command = ["node", str(program), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = itertools.count(1)
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        settings = {
            "yaml": {
                "validate": True,
                "hover": True,
                "completion": True,
                "schemaStore": {"enable": False},  # it would be asked for over the network
                "schemas": {schema.as_uri(): "**/decisions.yaml"},
            }
        }
        self._settings = settings
        self.ask("initialize", processId=None, rootUri=None, capabilities={"workspace": {"configuration": True}})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": settings}})

    def open(self, path: Path, text: str) -> list[str]:
        """Open a document, and return what the server marks in it, as `line: message`."""
        uri = path.as_uri()
        self._diagnostics.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": next(self._numbers), "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while uri not in self._diagnostics:
            self._receive()
        return [f"{mark['range']['start']['line'] + 1}: {mark['message']}" for mark in self._diagnostics[uri]]

    def hover(self, path: Path, line: int, column: int) -> str:
        """Return what is shown for a 1-based place."""
        answer = self.ask("textDocument/hover", **_place(path, line, column))
        return str(answer["contents"]["value"]) if answer else ""

    def completion(self, path: Path, line: int, column: int) -> dict[str, str]:
        """Return what is proposed at a 1-based place: label -> what is inserted."""
        answer = self.ask("textDocument/completion", **_place(path, line, column))
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"]: item.get("insertText", "") for item in items}

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and wait for its answer."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """Read one message; the server's own questions are answered."""
        assert self._process.stdout
        length = 0
        while (line := self._process.stdout.readline()) != b"\r\n":
            if not line:
                raise RuntimeError("the language server ended")
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            sections = [item.get("section") for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": [self._settings.get(section) for section in sections]})
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message


def _place(path: Path, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line - 1, "character": column - 1}}
