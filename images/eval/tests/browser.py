"""Headless Chromium over its DevTools protocol: as much as the tests of the report and of tests/site need."""

import asyncio
import base64
import itertools
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from servers import get, need

# The contrast of each text with what is behind it, as WCAG 2.1 counts it; gives the texts under 4.5. Behind a
# drawing's text is the rectangle that comes before it.
CONTRAST = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let other = node; node.ownerSVGElement && other; other = other.previousElementSibling)
      if (other.tagName === "rect") return parse(getComputedStyle(other).fill);
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
  };
  const weak = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || ["SCRIPT", "STYLE", "OPTION"].includes(node.tagName)) continue;
    const shown = getComputedStyle(node)[node.tagName === "text" ? "fill" : "color"];
    const [a, b] = [light(parse(shown)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.push(node.tagName + ": " + node.textContent.trim().slice(0, 40));
  }
  return weak;
})()
"""
# Longer texts that are squeezed into a column too narrow to read.
SQUEEZED = """
[...document.querySelectorAll("p, caption, dd, td, th, pre, h1, h2, h3")]
  .filter((node) => node.textContent.trim().length > 30 && node.getBoundingClientRect().width < 120)
  .map((node) => node.tagName + ": " + node.textContent.trim().slice(0, 40))
"""


class Page:
    """One page; every call waits for its answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._loop = loop
        self._socket = socket
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Calls a method of the protocol and returns its result; events on the way are kept."""
        return self._loop.run_until_complete(asyncio.wait_for(self._call(method, parameters), 60))

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_str(orjson.dumps({"id": number, "method": method, "params": parameters}).decode())
        while True:
            answer = orjson.loads((await self._socket.receive()).data)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, path: Path, width: int, height: int, scheme: str) -> None:
        """Opens a file at a width and in a colour scheme, and waits until it is there."""
        for domain in ("Page", "Network", "Runtime", "Log", "Accessibility"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        ends = time.monotonic() + 30
        while self.run("document.readyState + location.protocol") != "completefile:" and time.monotonic() < ends:
            time.sleep(0.05)

    def run(self, script: str) -> Any:
        """Returns the value of an expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def key(self, key: str, code: int) -> None:
        """Presses a key."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def type(self, text: str) -> None:
        """Types where the focus is."""
        self.call("Input.insertText", text=text)

    def accessible(self) -> list[tuple[str, str]]:
        """Returns (role, name) of what a screen reader meets, in order."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        ]

    def picture(self, path: Path) -> None:
        """Writes a PNG of what is seen."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A page of a headless Chromium that can reach nothing."""
    command = [need("chromium", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
               "--remote-debugging-port=0", f"--user-data-dir={folder}/chromium", "about:blank"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    loop = asyncio.new_event_loop()
    session = None
    try:
        port_file = folder / "chromium" / "DevToolsActivePort"
        ends = time.monotonic() + 60
        while not port_file.is_file() or not port_file.read_text().strip():
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("chromium did not start")
            time.sleep(0.1)
        targets = orjson.loads(get(f"http://127.0.0.1:{port_file.read_text().split()[0]}/json"))
        address = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")

        async def connect() -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
            session = aiohttp.ClientSession()
            return session, await session.ws_connect(address, max_msg_size=0)

        session, socket = loop.run_until_complete(connect())
        yield Page(loop, socket)
        loop.run_until_complete(socket.close())
    finally:
        if session is not None:
            loop.run_until_complete(session.close())
        loop.close()
        process.terminate()
        process.wait(20)
