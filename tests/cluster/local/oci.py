"""OCI images from files, with no registry and no Docker: the same files give the same bytes and so the same digest."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

OCI = "application/vnd.oci.image"


def digest(blob: bytes) -> str:
    """The digest of a blob as OCI writes it, `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def layer(files: Mapping[str, Path | str]) -> bytes:
    """An uncompressed layer of {path in the image: file}; owner root, time zero, and a /tmp for everybody."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in (("tmp", 0o1777), ("etc", 0o755), ("bin", 0o755)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        for name, source in sorted(files.items()):
            body = Path(source).read_bytes()
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(body), Path(source).stat().st_mode & 0o777
            tar.addfile(member, io.BytesIO(body))
    return out.getvalue()


def image(name: str, entrypoint: list[str], layers: Iterable[bytes], environment: Mapping[str, str]) -> bytes:
    """A tar in OCI's layout that `ctr images import` reads, holding one image under the given name."""
    blobs = list(layers)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": entrypoint, "Env": [f"{k}={v}" for k, v in environment.items()]},
            "rootfs": {"type": "layers", "diff_ids": [digest(b) for b in blobs]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": {"mediaType": f"{OCI}.config.v1+json", "digest": digest(config), "size": len(config)},
            "layers": [{"mediaType": f"{OCI}.layer.v1.tar", "digest": digest(b), "size": len(b)} for b in blobs],
        }
    ).encode()
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
    entry = {"mediaType": f"{OCI}.manifest.v1+json", "digest": digest(manifest), "size": len(manifest)}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry | {"annotations": names}]}).encode()
    members = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index}
    members |= {f"blobs/sha256/{digest(b)[7:]}": b for b in (*blobs, config, manifest)}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, blob in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(blob)
            tar.addfile(info, io.BytesIO(blob))
    return out.getvalue()
