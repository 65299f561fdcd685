"""Objects by address, through fsspec: a folder on a laptop, S3 in a cluster, one spelling for both.

What is written appears whole or not at all: a file is written beside its place, synced and renamed, and an S3 object
exists only once its upload is complete. `runtime.addresses` says where an address leads.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from runtime.addresses import is_folder, locate, reaching
from runtime.errors import InputError
from runtime.files import UNFINISHED, beside, inside


@dataclass(frozen=True, slots=True)
class Entry:
    """An object under a prefix.

    Attributes:
        name: relative to the prefix.
        address: s3:// or file://, as it is read.
        size: in bytes.
        etag: changes with the content; of a file, its size and time.
        modified: when it was written, in seconds since the epoch.
    """

    name: str
    address: str
    size: int
    etag: str
    modified: float


def exists(address: str) -> bool:
    """Return whether an object, or something under the prefix, is there."""
    filesystem, path = locate(address)
    with reaching(address, "looked up"):
        return bool(filesystem.exists(path))


def read(address: str, most: int | None = None) -> bytes:
    """Return an object's bytes, or its first `most`.

    Raises:
        NotFound: there is no such object.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        try:
            return bytes(filesystem.cat_file(path, start=None if most is None else 0, end=most))
        except OSError as error:
            if most is not None and error.errno == errno.EINVAL and not filesystem.size(path):
                return b""  # an empty object of S3 has no first byte, and says so
            raise


@contextmanager
def reading(address: str) -> Iterator[IO[bytes]]:
    """Open an object as a seekable stream of bytes. Raises as `read` does."""
    filesystem, path = locate(address)
    with reaching(address, "read"), filesystem.open(path, "rb") as stream:
        yield stream


@contextmanager
def writing(address: str) -> Iterator[IO[bytes]]:
    """Open a stream that becomes the object when it is closed without an error, and leaves nothing otherwise.

    Raises:
        TryAgain: the store did not take it.
    """
    filesystem, path = locate(address)
    with reaching(address, "written"):
        if is_folder(address):
            with beside(path) as part, open(part, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            return
        stream = filesystem.open(path, "wb")
        try:
            yield stream
        except BaseException:
            stream.discard()
            raise
        stream.close()


def write(address: str, data: bytes) -> None:
    """Write an object whole.

    Raises:
        TryAgain: the store did not take it.
    """
    if is_folder(address):
        with writing(address) as stream:
            stream.write(data)
        return
    filesystem, path = locate(address)
    with reaching(address, "written"):
        filesystem.pipe_file(path, data)


def read_json(address: str) -> Any:
    """Return an object parsed as JSON.

    Raises:
        NotFound: there is no such object.
        InputError: it is not JSON.
    """
    try:
        return orjson.loads(read(address))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{address}: not JSON: {error}") from error


def write_json(address: str, value: Any) -> None:
    """Write a value as sorted, indented JSON with a final newline."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    write(address, orjson.dumps(value, option=options))


def _right_under(address: str) -> list[Any]:
    """Return what lies right under a prefix, as the filesystem lists it; nothing where the prefix is not there."""
    filesystem, path = locate(address)
    with reaching(address, "listed"):
        try:
            return list(filesystem.ls(path, detail=True))
        except FileNotFoundError:
            return []


def listing(address: str, suffix: str = "") -> list[str]:
    """Return the addresses of what lies right under a prefix, sorted; none where the prefix is not there."""
    names = sorted(Path(str(entry["name"])).name for entry in _right_under(address))
    return [f"{address}/{name}" for name in names if name.endswith(suffix) and not name.endswith(UNFINISHED)]


def folders(address: str) -> list[str]:
    """Return the names of the folders right under a prefix, sorted; none where the prefix is not there."""
    entries = _right_under(address)
    return sorted(Path(str(entry["name"])).name for entry in entries if entry["type"] == "directory")


def entries(prefix: str) -> list[Entry]:
    """Return every object under a prefix, however deep, sorted by name; none where the prefix is not there."""
    prefix = prefix.rstrip("/")
    filesystem, base = locate(prefix)
    with reaching(prefix, "listed"):
        infos = filesystem.find(base, detail=True)
    objects = []
    for path, info in infos.items():
        name = path.removeprefix(base).lstrip("/")
        if name and not name.endswith(UNFINISHED):
            etag = str(info.get("ETag") or f"{info['size']}-{info.get('mtime')}").strip('"')
            objects.append(Entry(name, f"{prefix}/{name}", int(info["size"]), etag, _modified(info)))
    return sorted(objects, key=lambda entry: entry.name)


def _modified(info: Mapping[str, Any]) -> float:
    written = info["mtime"] if "mtime" in info else info["LastModified"]
    return float(written.timestamp() if hasattr(written, "timestamp") else written)


def lines(address: str) -> Iterator[bytes]:
    """Yield the lines of an object, streamed, without their newlines; empty lines are left out."""
    return (line for _, line in numbered_lines(address))


def numbered_lines(address: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of an object as `lines` does, each with its number in the file: empty lines count."""
    with reading(address) as stream:
        for number, line in enumerate(stream, start=1):
            if stripped := line.strip():
                yield number, stripped


def download(address: str, folder: Path) -> Path:
    """Copy every object under a prefix into a folder of this machine and return the folder.

    Raises:
        InputError: nothing lies under the prefix, or a key has a part `..` and would leave the folder.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        names = filesystem.find(path)
        if not names:
            raise InputError(f"{address}: nothing lies there")
        for name in names:
            target = inside(folder, str(Path(str(name)).relative_to(path)))
            with beside(str(target)) as part:
                filesystem.get_file(name, str(part))
    return folder


def fetch(address: str, file: Path) -> None:
    """Copy one object to this machine, streamed.

    Raises:
        NotFound: there is no such object.
        TryAgain: the store did not answer.
    """
    filesystem, path = locate(address)
    with reaching(address, "read"):
        filesystem.get_file(path, str(file))


def upload(file: Path, address: str) -> None:
    """Write a file of this machine as an object, streamed, whole or not at all.

    Raises:
        TryAgain: the store did not take it.
    """
    filesystem, path = locate(address)
    with reaching(address, "written"):
        if not is_folder(address):
            filesystem.put_file(str(file), path)
            return
    with file.open("rb") as source, writing(address) as target:
        shutil.copyfileobj(source, target)


def copy(source: str, target: str) -> None:
    """Copy an object; the target appears whole or not at all.

    Raises:
        NotFound: there is no such object.
        TryAgain: the store did not answer.
    """
    if is_folder(source) or is_folder(target):
        with reading(source) as stream, writing(target) as written:
            shutil.copyfileobj(stream, written)
        return
    filesystem, path = locate(source)
    with reaching(source, "copied"):
        filesystem.cp_file(path, locate(target)[1])


def remove(address: str) -> None:
    """Remove an object, or everything under a prefix; one that is absent is not an error."""
    filesystem, path = locate(address)
    with reaching(address, "removed"):
        if set("*?[") & set(path) and not is_folder(address):  # `rm` would take it for a pattern
            for each in filesystem.find(path):
                filesystem.rm_file(each)
        elif filesystem.exists(path):
            filesystem.rm(path, recursive=True)
