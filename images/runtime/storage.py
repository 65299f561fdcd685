"""Objects by address, through fsspec: a folder on a laptop, S3 in a cluster, one spelling for both.

OBJECTS says where s3:// addresses live: an S3 endpoint's URL, or file:///folder, under which s3://bucket/key is the
file folder/bucket/key. What is written appears whole or not at all: a file is written beside its place and renamed,
and an S3 object exists only once its upload is complete.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def reaching(address: str, what: str) -> Iterator[None]:
    """Says what a store's fault means for the step, `what` being what was to be done: read, written, listed.

    Raises:
        WrongInput: there is no such object, or the store refuses our credentials.
        TryAgain: the store did not answer, or objects.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise WrongInput(f"{address}: no such object") from error
    except PermissionError as error:
        raise WrongInput(f"{address}: cannot be {what}: the store refuses our credentials: {error}") from error
    except Exception as error:
        if not isinstance(error, (OSError, *_store_faults())):
            raise
        raise TryAgain(f"{address}: cannot be {what}: {error}") from error


def _store_faults() -> tuple[type[Exception], ...]:
    """Returns what an S3 client raises beside OSErrors where no store is; imported only once something failed."""
    from botocore.exceptions import BotoCoreError

    return (BotoCoreError,)


def is_folder(address: str) -> bool:
    """Returns whether the address lies in a folder of this machine, so that a file can be appended to."""
    return not address.startswith("s3://") or os.environ.get("OBJECTS", "").startswith("file://")


def exists(address: str) -> bool:
    """Returns whether an object is there."""
    filesystem, path = locate(address)
    with reaching(address, "looked up"):
        return bool(filesystem.exists(path))


def read(address: str) -> bytes:
    """Returns an object's bytes.

    Raises:
        WrongInput: there is no such object.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        return bytes(filesystem.cat_file(path))


@contextmanager
def _beside(path: str) -> Iterator[Path]:
    """A file beside a place in a folder of this machine, which takes that place once it was written whole."""
    part = Path(f"{path}.{uuid.uuid4().hex}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    yield part
    part.rename(path)


def write(address: str, data: bytes) -> None:
    """Writes an object whole.

    Raises:
        TryAgain: the store did not take it.
    """
    filesystem, path = locate(address)
    with reaching(address, "written"):
        if not is_folder(address):
            filesystem.pipe_file(path, data)
            return
        with _beside(path) as part:
            part.write_bytes(data)


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


def _entries(address: str, detail: bool) -> list[Any]:
    """What lies right under a prefix, as the filesystem lists it; nothing where the prefix is not there."""
    filesystem, path = locate(address)
    with reaching(address, "listed"):
        try:
            return list(filesystem.ls(path, detail=detail))
        except FileNotFoundError:
            return []


def listing(address: str, suffix: str = "") -> list[str]:
    """Returns the addresses of the objects right under a prefix, sorted; none where the prefix is not there."""
    names = sorted(Path(str(entry)).name for entry in _entries(address, detail=False))
    return [f"{address}/{name}" for name in names if name.endswith(suffix)]


def lines(address: str) -> Iterator[bytes]:
    """Yields the lines of an object, streamed, without their newlines; empty lines are left out."""
    filesystem, path = locate(address)
    with reaching(address, "read"), filesystem.open(path, "rb") as stream:
        for line in stream:
            if stripped := line.strip():
                yield stripped


def folders(address: str) -> list[str]:
    """Returns the names of the folders right under a prefix, sorted; none where the prefix is not there."""
    found = _entries(address, detail=True)
    return sorted(Path(str(entry["name"])).name for entry in found if entry["type"] == "directory")


def download(address: str, folder: Path) -> Path:
    """Brings every object under a prefix into a folder of this machine and returns it.

    Raises:
        WrongInput: nothing lies under the prefix.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        names = filesystem.find(path)
        if not names:
            raise WrongInput(f"{address}: nothing lies there")
        for name in names:
            target = folder / Path(str(name)).relative_to(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f"{target.name}.part")
            filesystem.get_file(name, str(beside))
            beside.rename(target)
    return folder


def fetch(address: str, file: Path) -> None:
    """Brings one object to this machine, streamed.

    Raises:
        WrongInput: there is no such object.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        filesystem.get_file(path, str(file))


def upload(file: Path, address: str) -> None:
    """Writes a file of this machine as an object, streamed, whole or not at all.

    Raises:
        TryAgain: the store did not take it.
    """
    filesystem, path = locate(address)
    with reaching(address, "written"):
        if not is_folder(address):
            filesystem.put_file(str(file), path)
            return
        with _beside(path) as part:
            shutil.copyfile(file, part)


def remove(address: str) -> None:
    """Removes what lies under an address; nothing happens where there is nothing."""
    filesystem, path = locate(address)
    with reaching(address, "removed"):
        if filesystem.exists(path):
            filesystem.rm(path, recursive=True)
