"""OCI images from files, with no registry and no Docker: the same files give the same bytes and so the same digest."""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OCI = "application/vnd.oci.image"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Layer:
    """An uncompressed layer: a tar file, its digest (`sha256:<hex>`) and its size in bytes."""

    file: Path
    digest: str
    size: int


def digest(blob: bytes) -> str:
    """The digest of a blob as OCI writes it, `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def layer_of_files(out: Path, files: Mapping[str, Path | str]) -> Layer:
    """A layer of {path in the image: file}, with a /tmp for everybody."""
    with tarfile.open(out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in (("tmp", 0o1777), ("etc", 0o755), ("bin", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        for name, source in sorted(files.items()):
            _add(tar, name, Path(source))
    return read_layer(out)


def layer_of_tree(out: Path, tree: Path) -> Layer:
    """A layer of everything below a folder, in order of path; owner root, time zero, modes as they are."""
    with tarfile.open(out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder, folders, files in os.walk(tree):
            folders.sort()
            for name in sorted(folders + files):
                path = Path(folder, name)
                _add(tar, str(path.relative_to(tree)), path)
    return read_layer(out)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    status = path.lstat()
    member = tarfile.TarInfo(name)
    member.mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        member.type, member.linkname = tarfile.SYMTYPE, os.readlink(path)
        tar.addfile(member)
    elif stat.S_ISDIR(status.st_mode):
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
    else:
        member.size = status.st_size
        with path.open("rb") as body:
            tar.addfile(member, body)


def read_layer(file: Path) -> Layer:
    """The layer that a tar file is."""
    with file.open("rb") as body:
        return Layer(file, "sha256:" + hashlib.file_digest(body, "sha256").hexdigest(), file.stat().st_size)


def write_image(out: Path, name: str, layers: Sequence[Layer], config: Mapping[str, object]) -> str:
    """Writes a tar in OCI's layout that `ctr images import` reads, and returns the image's digest.

    Args:
        out: the tar file to write.
        name: the image's name; `{digest}` in it stands for the digest.
        layers: from the base up.
        config: what OCI calls `config`: Entrypoint, Env, User, WorkingDir.
    """
    settings = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": dict(config),
            "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": {"mediaType": f"{OCI}.config.v1+json", "digest": digest(settings), "size": len(settings)},
            "layers": [{"mediaType": f"{OCI}.layer.v1.tar", "digest": x.digest, "size": x.size} for x in layers],
        }
    ).encode()
    name = name.replace("{digest}", digest(manifest))
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
    entry = {"mediaType": f"{OCI}.manifest.v1+json", "digest": digest(manifest), "size": len(manifest)}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry | {"annotations": names}]}).encode()
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as tar:
        for path, blob in (("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index)):
            _add_bytes(tar, path, blob)
        for blob in (manifest, settings):
            _add_bytes(tar, f"blobs/sha256/{digest(blob)[7:]}", blob)
        for layer in layers:
            _add(tar, f"blobs/sha256/{layer.digest[7:]}", layer.file)
    return digest(manifest)


def _add_bytes(tar: tarfile.TarFile, name: str, blob: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(blob)
    tar.addfile(member, io.BytesIO(blob))
