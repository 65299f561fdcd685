"""TLS in front of a server that has none, with a certificate of an authority made for the test."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Relay:
    """Listens on `port` of 127.0.0.1, passes what comes in TLS on to the server's port; `passed` counts connections."""

    def __init__(self, server: int, context: ssl.SSLContext) -> None:
        self.port, self.passed = 0, 0
        self._server, self._context = server, context
        self._loop, self._stopped = asyncio.new_event_loop(), asyncio.Event()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.passed += 1
        with contextlib.suppress(OSError, ssl.SSLError):
            there, back = await asyncio.open_connection("127.0.0.1", self._server)
            await asyncio.gather(_pump(reader, back), _pump(there, writer))

    async def listen(self, started: threading.Event) -> None:
        """Serves until it is stopped."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await self._stopped.wait()

    def run(self, started: threading.Event) -> None:
        """Return the thread's program."""
        self._loop.set_exception_handler(lambda loop, context: None)  # clients that hang up are what is tested
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self.listen(started))

    def stop(self) -> None:
        """End it, and what is open."""
        self._loop.call_soon_threadsafe(self._stopped.set)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@contextlib.contextmanager
def relayed(server: int, context: ssl.SSLContext) -> Iterator[Relay]:
    """Return a relay to the server's port, for the time of the block."""
    relay, started = Relay(server, context), threading.Event()
    thread = threading.Thread(target=relay.run, args=(started,), daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield relay
    finally:
        relay.stop()
        thread.join(10)


def certified(folder: Path) -> ssl.SSLContext:
    """Make an authority (folder/ca.crt) and a server's context with a certificate of it for localhost."""
    authority, ca = ec.generate_private_key(ec.SECP256R1()), _name("an authority of the tests")
    key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(ca, ca, authority, authority).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = _certificate(_name("localhost"), ca, key, authority).add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.crt").write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(pem))
    (folder / "tls.crt").write_bytes(leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
    (folder / "tls.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
