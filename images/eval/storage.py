"""Objects by address, through fsspec: a folder on a laptop, S3 in a cluster, one spelling for both.

OBJECTS says where s3:// addresses live: an S3 endpoint's URL, or file:///folder, under which s3://bucket/key is the
file folder/bucket/key. What is written appears whole or not at all: a file is written beside its place and renamed,
and an S3 object exists only once its upload is complete.
"""

import os
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import fsspec
import orjson
from errors import TryAgain, WrongInput


@lru_cache(maxsize=4)
def _filesystem(objects: str) -> Any:
    if not objects or objects.startswith("file://"):
        return fsspec.filesystem("file", auto_mkdir=True)
    return fsspec.filesystem("s3", endpoint_url=objects, use_listings_cache=False)


def locate(address: str) -> tuple[Any, str]:
    """Returns the filesystem and the path in it of an address (s3://bucket/key, file:///path or a plain path).

    Raises:
        WrongInput: OBJECTS is not set though the address is s3://, or the scheme is another one.
    """
    objects = os.environ.get("OBJECTS", "")
    if not address.startswith("s3://"):
        if "://" in address and not address.startswith("file://"):
            raise WrongInput(f"{address}: addresses are s3:// or file://")
        return _filesystem(""), address.removeprefix("file://")
    if not objects:
        raise WrongInput(f"{address}: OBJECTS is not set; it says where s3:// addresses live")
    key = address.removeprefix("s3://")
    if ".." in key.split("/"):
        raise WrongInput(f"{address}: an address holds no '..'")
    if objects.startswith("file://"):
        return _filesystem(objects), str(Path(objects.removeprefix("file://")) / key)
    return _filesystem(objects), key


def faults() -> tuple[type[Exception], ...]:
    """Returns what a store that cannot be reached, or that objects, raises; imported only once something was raised."""
    from botocore.exceptions import BotoCoreError

    return OSError, BotoCoreError


def failed(address: str, what: str, error: Exception) -> WrongInput | TryAgain:
    """Returns what a store's fault means for the step: what may not be done now may not be done later either."""
    if isinstance(error, PermissionError):
        return WrongInput(f"{address}: cannot be {what}: the store refuses our credentials: {error}")
    return TryAgain(f"{address}: cannot be {what}: {error}")


def is_folder(address: str) -> bool:
    """Returns whether the address lies in a folder of this machine, so that a file can be appended to."""
    return not address.startswith("s3://") or os.environ.get("OBJECTS", "").startswith("file://")


def exists(address: str) -> bool:
    """Returns whether an object is there.

    Raises:
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    try:
        return bool(filesystem.exists(path))
    except faults() as error:
        raise failed(address, "looked up", error) from error


def read(address: str) -> bytes:
    """Returns an object's bytes.

    Raises:
        WrongInput: there is no such object.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    try:
        return bytes(filesystem.cat_file(path))
    except FileNotFoundError as error:
        raise WrongInput(f"{address}: no such object") from error
    except faults() as error:
        raise failed(address, "read", error) from error


def write(address: str, data: bytes) -> None:
    """Writes an object whole.

    Raises:
        TryAgain: the store did not take it.
    """
    filesystem, path = locate(address)
    try:
        if not is_folder(address):
            filesystem.pipe_file(path, data)
            return
        beside = Path(f"{path}.{uuid.uuid4().hex}.part")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.rename(path)
    except faults() as error:
        raise failed(address, "written", error) from error


def read_json(address: str) -> Any:
    """Returns an object parsed as JSON.

    Raises:
        WrongInput: there is no such object, or it is no JSON.
    """
    try:
        return orjson.loads(read(address))
    except orjson.JSONDecodeError as error:
        raise WrongInput(f"{address}: no JSON: {error}") from error


def write_json(address: str, value: Any) -> None:
    """Writes a value as sorted, indented JSON with a final newline."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    write(address, orjson.dumps(value, option=options))


def listing(address: str, suffix: str = "") -> list[str]:
    """Returns the addresses of the objects right under a prefix, sorted; none where the prefix is not there."""
    filesystem, path = locate(address)
    try:
        found = filesystem.ls(path, detail=False)
    except FileNotFoundError:
        return []
    except faults() as error:
        raise failed(address, "listed", error) from error
    names = sorted(Path(str(entry)).name for entry in found)
    return [f"{address}/{name}" for name in names if name.endswith(suffix)]


def lines(address: str) -> Iterator[bytes]:
    """Yields the lines of an object, streamed, without their newlines; empty lines are left out."""
    filesystem, path = locate(address)
    try:
        with filesystem.open(path, "rb") as stream:
            for line in stream:
                if stripped := line.strip():
                    yield stripped
    except FileNotFoundError as error:
        raise WrongInput(f"{address}: no such object") from error
    except faults() as error:
        raise failed(address, "read", error) from error


def remove(address: str) -> None:
    """Removes what lies under an address; nothing happens where there is nothing."""
    filesystem, path = locate(address)
    try:
        if filesystem.exists(path):
            filesystem.rm(path, recursive=True)
    except faults() as error:
        raise failed(address, "removed", error) from error
