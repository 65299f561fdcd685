"""A wire between a client and a server that breaks: each connection is cut once so many bytes have passed."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence


class Proxy:
    """Listens on a free port of this machine and passes everything on to `target`.

    Args:
        target: the server's port.
        budgets: bytes that pass, in both directions together, until everything open is reset; then the next budget.
            Once they are used up nothing is cut any more.
    """

    def __init__(self, target: int, budgets: Sequence[int]) -> None:
        self.target, self.cuts = target, 0
        self._budgets, self._lock = list(budgets), threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End it and what is open."""
        self._listener.close()
        self._reset()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                near = self._listener.accept()[0]
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._open |= {near, far}
                for source, sink in [(near, far), (far, near)]:
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if self._spent(len(data)):
                    self._reset()
                    return
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _spent(self, size: int) -> bool:
        with self._lock:
            if not self._budgets:
                return False
            self._budgets[0] -= size
            if self._budgets[0] > 0:
                return False
            self._budgets.pop(0)
            self.cuts += 1
            return True

    def _reset(self) -> None:
        with self._lock:
            gone, self._open = self._open, set()
        for connection in gone:
            with contextlib.suppress(OSError):  # a reset and no orderly end: SO_LINGER of zero seconds
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                connection.close()


@contextlib.contextmanager
def proxied(target: int, budgets: Sequence[int]) -> Iterator[Proxy]:
    """Return a proxy for the time of the block."""
    proxy = Proxy(target, budgets)
    try:
        yield proxy
    finally:
        proxy.close()
