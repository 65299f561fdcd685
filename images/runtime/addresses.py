"""Addresses of objects: the filesystem and path that each names, and what a store's error means for a step.

OBJECTS says where s3:// addresses live: an S3 endpoint's URL, file:///folder, under which s3://bucket/key is the file
folder/bucket/key, or nothing for the SDK's default endpoint. Credentials come from the SDK's default chain, in which
AWS_SHARED_CREDENTIALS_FILE names the mounted Secret. It is read anew once it has changed: a key may be rotated under a
run of hours, as long as the old one is good for the two minutes that a Secret takes to reach a pod.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec

from runtime.errors import InputError, TryAgain

_ATTEMPTS = 8
# Errors that pass: what s3fs makes of 503 and 500, and a disk that somebody may empty.
_TRANSIENT = {errno.EBUSY, errno.EREMOTEIO, errno.ENOSPC, errno.EDQUOT}
# By name: importing them takes half a second, and where a folder is the object store they are not needed.
_UNANSWERED = {
    "botocore.exceptions.HTTPClientError",
    "botocore.exceptions.ConnectionError",
    "aiohttp.client_exceptions.ClientError",
}


class NotFound(InputError):
    """There is no such object."""


class Refused(InputError):
    """The store does not give us the object, or the address is a folder's; another object's may be given."""


def is_transient(error: BaseException) -> bool:
    """Return whether a store or disk that failed by this error may answer in a while."""
    # Libraries that write from C++ or Rust (torch, safetensors) say of a full disk no more than its words.
    if os.strerror(errno.ENOSPC) in str(error) or os.strerror(errno.EDQUOT) in str(error):
        return True
    if isinstance(error, OSError):
        return isinstance(error, ConnectionError | TimeoutError) or error.errno in _TRANSIENT
    return any(f"{kind.__module__}.{kind.__name__}" in _UNANSWERED for kind in type(error).__mro__)


def _key() -> tuple[int, ...]:
    """Return what tells one content of the mounted credentials from another; nothing where there are none."""
    try:
        status = os.stat(os.environ.get("AWS_SHARED_CREDENTIALS_FILE", ""))
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _filesystem(objects: str) -> Any:
    return _opened(objects, () if objects.startswith("file://") else _key())


@lru_cache(maxsize=4)
def _opened(objects: str, _key: tuple[int, ...]) -> Any:
    if objects.startswith("file://"):
        return fsspec.filesystem("file", auto_mkdir=True)
    retries = {"max_attempts": _ATTEMPTS, "mode": "adaptive"}
    return fsspec.filesystem(
        "s3",
        endpoint_url=objects or None,
        use_listings_cache=False,
        skip_instance_cache=True,
        config_kwargs={"retries": retries, "connect_timeout": 10},
    )


def locate(address: str) -> tuple[Any, str]:
    """Return the filesystem and the path in it of an address (s3://bucket/key, file:///path or a plain path).

    Raises:
        InputError: the scheme is another one, a part is `..`, or OBJECTS is not set or is neither a folder nor a URL.
    """
    if ".." in address.split("/"):
        raise InputError(f"{address}: an address must not contain '..'")
    if not address.startswith("s3://"):
        if "://" in address and not address.startswith("file://"):
            raise InputError(f"{address}: an address starts with s3:// or file://")
        return _filesystem("file://"), address.removeprefix("file://")
    objects = os.environ.get("OBJECTS")
    key = address.removeprefix("s3://")
    if objects is None:
        raise InputError(f"{address}: OBJECTS is not set; it says where s3:// addresses live")
    if not key.split("/")[0]:
        raise InputError(f"{address}: no bucket; write s3://bucket/key")
    if objects.startswith("file://"):
        return _filesystem("file://"), str(Path(objects.removeprefix("file://")) / key)
    if objects and not objects.startswith(("http://", "https://")):
        raise InputError(
            f"OBJECTS is {objects!r}; set it to a file:// folder or the http(s):// address of an S3 endpoint"
        )
    return _filesystem(objects.rstrip("/")), key


@contextmanager
def reaching(address: str, action: str) -> Iterator[None]:
    """Turn a store's error into what it means for the step.

    Args:
        address: the object's.
        action: what was being done, for the message: read, written, listed.

    Raises:
        NotFound: there is no such object.
        Refused: the store refuses our credentials, or the address names a folder.
        TryAgain: the store did not answer, or failed, or another key was mounted meanwhile.
    """
    key = _key()
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"{address}: no such object") from error
    except PermissionError as error:
        if _key() != key:
            raise TryAgain(f"{address}: cannot be {action}: its key was rotated meanwhile: {error}") from error
        raise Refused(f"{address}: cannot be {action}: the store refuses our credentials: {error}") from error
    except (IsADirectoryError, NotADirectoryError) as error:
        raise Refused(f"{address}: cannot be {action}: {error.strerror}") from error
    except Exception as error:
        if not isinstance(error, (OSError, *_store_errors())):
            raise
        raise TryAgain(f"{address}: cannot be {action}: {error}{_absent(error)}") from error


def _absent(error: Exception) -> str:
    """Return where credentials come from, where there are none; by its name, as an environment may have no S3."""
    if type(error).__name__ != "NoCredentialsError":
        return ""
    return ": the Secret `objects` of this namespace has no `credentials`, and the pod no identity of a cloud"


def _store_errors() -> tuple[type[Exception], ...]:
    """Return what an S3 client raises beside OSErrors; imported only once something failed."""
    try:
        from aiohttp import ClientError
        from botocore.exceptions import BotoCoreError
    except ImportError:  # an environment without S3
        return ()
    return (BotoCoreError, ClientError)


def is_folder(address: str) -> bool:
    """Return whether the address lies in a folder of this machine, so that a file can be appended to."""
    return not address.startswith("s3://") or os.environ.get("OBJECTS", "").startswith("file://")


def shown(address: str) -> str:
    """Return an address as a person opens it: the file, where objects lie in a folder of this machine."""
    return str(locate(address)[1]) if is_folder(address) else address
