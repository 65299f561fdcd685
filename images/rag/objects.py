"""Object stores and folders alike, through fsspec. s3:// addresses live where the setting OBJECTS says."""

from __future__ import annotations

import errno
import os
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import fsspec

# By name: importing them takes half a second, and where a folder is the object store they are not needed.
_UNANSWERED = {
    "botocore.exceptions.HTTPClientError",
    "botocore.exceptions.ConnectionError",
    "aiohttp.client_exceptions.ClientError",
}
_ATTEMPTS = 8
_BUSY = {errno.EBUSY, errno.EREMOTEIO}  # what s3fs makes of 503 and 500


def passing(error: BaseException) -> bool:
    """Whether a store that failed by this did not answer, or was too busy to: in a while it may."""
    if isinstance(error, OSError):
        return isinstance(error, ConnectionError | TimeoutError) or error.errno in _BUSY
    return any(f"{kind.__module__}.{kind.__name__}" in _UNANSWERED for kind in type(error).__mro__)


class Objects:
    """Reads and writes by address.

    Under `OBJECTS=file:///folder`, s3://bucket/key is the file /folder/bucket/key. Under an http(s) address it is a key
    of that S3 endpoint; where OBJECTS is empty, of the SDK's default endpoint. Credentials come from the SDK's default
    chain, in which AWS_SHARED_CREDENTIALS_FILE names the mounted Secret.
    """

    def __init__(self, address: str) -> None:
        scheme = urlsplit(address).scheme
        if scheme not in ("", "file", "http", "https"):
            raise ValueError(f"OBJECTS is {address!r}; it is a file:// folder or an http(s):// S3 endpoint")
        self.address = address.rstrip("/")
        self.folder = Path(urlsplit(address).path) if scheme == "file" else None
        options: dict[str, Any] = {"skip_instance_cache": True}
        if self.folder is None:
            options |= {"use_listings_cache": False, "client_kwargs": {"endpoint_url": address} if address else {}}
            retries = {"max_attempts": _ATTEMPTS, "mode": "adaptive"}
            options["config_kwargs"] = {"retries": retries, "connect_timeout": 10}
        self.fs = fsspec.filesystem("file" if self.folder else "s3", **options)

    def path(self, address: str) -> str:
        """Where the address lives in the file system in use.

        Raises:
            ValueError: the address is not s3://bucket/key, or climbs out of its bucket.
        """
        parts = urlsplit(address, allow_fragments=False)
        key = address.removeprefix("s3://")
        if parts.scheme != "s3" or not parts.netloc or ".." in key.split("/"):
            raise ValueError(f"{address!r} is no address of the form s3://bucket/key")
        return str(self.folder / key) if self.folder else key

    def read(self, address: str) -> bytes:
        """The object's bytes. Raises FileNotFoundError."""
        return bytes(self.fs.cat_file(self.path(address)))

    @contextmanager
    def reading(self, address: str) -> Iterator[IO[bytes]]:
        """The object as a seekable stream of bytes."""
        with self.fs.open(self.path(address), "rb") as stream:
            yield stream

    @contextmanager
    def writing(self, address: str) -> Iterator[IO[bytes]]:
        """A stream that becomes the object when it is closed without an error, and leaves nothing otherwise."""
        path = self.path(address)
        if self.folder is None:
            stream = self.fs.open(path, "wb")
            try:
                yield stream
            except BaseException:
                stream.discard()
                raise
            stream.close()
            return
        beside = f"{path}.{uuid.uuid4().hex}.new"
        os.makedirs(posixpath.dirname(path), exist_ok=True)
        try:
            with open(beside, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(beside, path)
        finally:
            Path(beside).unlink(missing_ok=True)

    def write(self, address: str, data: bytes) -> None:
        """Writes the whole object at once."""
        with self.writing(address) as stream:
            stream.write(data)

    def copy(self, source: str, target: str) -> None:
        """Copies an object; the target appears whole or not at all."""
        if self.folder is None:
            self.fs.cp_file(self.path(source), self.path(target))
        else:
            self.write(target, self.read(source))

    def exists(self, address: str) -> bool:
        """Whether the address is an object."""
        return bool(self.fs.isfile(self.path(address)))

    def list(self, prefix: str) -> list[dict[str, Any]]:
        """Every object under the prefix, sorted: {name (relative to it), address, size, etag}."""
        base = self.path(prefix.rstrip("/"))
        found = []
        for path, info in self.fs.find(base, detail=True).items():
            name = path.removeprefix(base).lstrip("/")
            if name and not name.endswith(".new"):
                etag = str(info.get("ETag") or f"{info['size']}-{info.get('mtime')}").strip('"')
                found.append(
                    {"name": name, "address": f"{prefix.rstrip('/')}/{name}", "size": info["size"], "etag": etag}
                )
        return sorted(found, key=lambda one: one["name"])

    def remove(self, prefix: str) -> None:
        """Removes an object or everything under a prefix; one that is absent is no error."""
        path = self.path(prefix)
        if self.fs.exists(path):
            self.fs.rm(path, recursive=True)
