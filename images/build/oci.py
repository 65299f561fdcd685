"""OCI images from files, with no registry and no Docker: the same files give the same bytes and so the same digest."""

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Layer:
    """An uncompressed layer: a tar file, its digest (`sha256:<hex>`) and its size in bytes."""

    file: Path
    digest: str
    size: int


def digest(blob: bytes) -> str:
    """Return the digest of a blob as OCI writes it, `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def layer_of_files(out: Path, files: Mapping[str, Path | str]) -> Layer:
    """Return a layer of {path in the image: file}, with a /tmp for everybody."""
    with tarfile.open(out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in (("tmp", 0o1777), ("etc", 0o755), ("bin", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        for name, source in sorted(files.items()):
            _add(tar, name, Path(source))
    return read_layer(out)


def layer_of_tree(out: Path, tree: Path) -> Layer:
    """Return a layer of everything below a folder, in order of path; owner root, time zero, modes as they are."""
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
    """Return a tar file as a layer; its digest is kept beside it, since gigabytes take seconds to read."""
    digest_file = file.with_suffix(".digest")
    if not digest_file.exists():
        with file.open("rb") as body:
            digest_file.write_text("sha256:" + hashlib.file_digest(body, "sha256").hexdigest())
    return Layer(file, digest_file.read_text(), file.stat().st_size)


@dataclass(frozen=True)
class Image:
    """An image: its layers from the base up, and what OCI calls its `config` (Entrypoint, Env, User ...)."""

    layers: Sequence[Layer]
    config: Mapping[str, object]

    def settings(self) -> bytes:
        """Return the image's configuration as the bytes that its digest is of."""
        root = {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]}
        platform = {"architecture": "amd64", "os": "linux"}
        return json.dumps({**platform, "config": dict(self.config), "rootfs": root}).encode()

    def manifest(self) -> bytes:
        """Return the image's manifest as the bytes that its digest is of."""
        settings = self.settings()
        described = {"digest": digest(settings), "size": len(settings)}
        layers = [{"mediaType": f"{OCI}.layer.v1.tar", "digest": x.digest, "size": x.size} for x in self.layers]
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": f"{OCI}.manifest.v1+json",
                "config": {"mediaType": f"{OCI}.config.v1+json", **described},
                "layers": layers,
            }
        ).encode()

    @property
    def digest(self) -> str:
        """What the image is known by, `sha256:<hex>`."""
        return digest(self.manifest())

    def write(self, out: Path, name: str, *, held: Collection[str] = ()) -> None:
        """Write a tar in OCI's layout that `ctr images import` reads, with the image under the given name.

        Args:
            out: The tar to write.
            name: The reference that the image is imported under.
            held: Digests of layers that whoever reads the tar has already; they are left out.
        """
        names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        manifest, settings = self.manifest(), self.settings()
        entry = {"mediaType": f"{OCI}.manifest.v1+json", "digest": self.digest, "size": len(manifest)}
        index = json.dumps({"schemaVersion": 2, "manifests": [entry | {"annotations": names}]}).encode()
        with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as tar:
            _add_bytes(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
            _add_bytes(tar, "index.json", index)
            for blob in (manifest, settings):
                _add_bytes(tar, f"blobs/sha256/{digest(blob)[7:]}", blob)
            for layer in (each for each in self.layers if each.digest not in held):
                _add(tar, f"blobs/sha256/{layer.digest[7:]}", layer.file)


def _add_bytes(tar: tarfile.TarFile, name: str, blob: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(blob)
    tar.addfile(member, io.BytesIO(blob))
