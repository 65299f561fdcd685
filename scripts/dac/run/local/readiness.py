"""Waits until a container is ready, as its readinessProbe says: only then is a daemon up."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from dac.run.argo.node import JSON
from dac.run.local import http_auth
from dac.run.local.group import signal_group
from dac.run.local.pod import Container
from dac.run.local.roots import NoProgram, Roots
from dac.run.local.start import start

ADDRESS = "127.0.0.1"  # of every pod here
_INTERVAL = 0.2  # seconds between two tries; a kubelet takes periodSeconds, 10 of them by default
_TIMEOUT = 5.0  # seconds that one try may take


async def ready(container: Container, roots: Roots | None, process: int) -> None:
    """Return when the container is ready: at once where it has no probe.

    Args:
        container: as the pod has it: its `readinessProbe` and `ports`.
        roots: of containers that have roots of their own.
        process: of its program.
    """
    probe = container.spec.get("readinessProbe") or {}
    if not probe:
        return
    await asyncio.sleep(float(probe.get("initialDelaySeconds") or 0))
    while True:
        try:
            async with asyncio.timeout(_TIMEOUT):
                if await _passes(container, probe, roots, process):
                    return
        except (OSError, NoProgram, TimeoutError):
            pass
        await asyncio.sleep(_INTERVAL)


async def _passes(container: Container, probe: JSON, roots: Roots | None, process: int) -> bool:
    if command := (probe.get("exec") or {}).get("command"):
        with open(os.devnull, "wb") as nowhere:
            words = [str(word) for word in command]
            started = await start(container, roots, nowhere, nowhere, command=words, beside=process)
        try:
            return await started.wait() == 0
        finally:  # a kubelet ends a try that takes too long
            signal_group(started.pid, signal.SIGKILL)
    place = probe.get("httpGet") or probe.get("tcpSocket") or {}
    # A kubelet trusts whoever answers.
    tls = http_auth.unverified() if place.get("scheme") == "HTTPS" else None
    reader, writer = await asyncio.open_connection(ADDRESS, _port(place.get("port"), container.spec), ssl=tls)
    try:
        if "httpGet" not in probe:
            return True
        headers = {"Host": ADDRESS} | {item["name"]: item.get("value", "") for item in place.get("httpHeaders") or []}
        lines = [f"GET {place.get('path') or '/'} HTTP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        status = (await reader.readline()).split()
        return len(status) > 1 and status[1].isdigit() and 200 <= int(status[1]) < 400
    finally:
        writer.close()


def _port(port: Any, container: JSON) -> int:
    """Return a port's number; a name is that of one of the container's ports."""
    named = {item.get("name"): item.get("containerPort") for item in container.get("ports") or []}
    number = named.get(port, port)
    if not str(number).isdigit():
        raise OSError(f"no port {port!r}")
    return int(number)
