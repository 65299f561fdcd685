"""The images that the local cluster has without being asked: imported once, then kept by containerd."""

import hashlib
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from layout import IMAGES, ROOT, STORE, binary, version
from machine import ctr

sys.path.insert(0, str(ROOT / "images/build"))
import build
import oci

APPLETS = "busybox sh cat echo false ls mkdir printf rm seq sleep test true"
BUSYBOX = {f"bin/{name}": "/bin/busybox" for name in APPLETS.split()}


def wanted() -> dict[str, tuple[str, dict[str, str]]]:
    """Image name -> (entrypoint, {path in the image: file on this machine})."""
    executor = {"bin/argoexec": binary("argo", "argoexec"), "etc/mime.types": "/etc/mime.types"}
    weaviate = {"bin/weaviate-server": binary("weaviate", "weaviate-server")}
    return {
        "local.test/pause:1": ("/pause", {"pause": binary("pause")}),
        f"local.test/argoexec:{version('argo')}": ("/bin/argoexec", executor),
        "local.test/busybox:1": ("/bin/sh", BUSYBOX),
        "local.test/versitygw:1": ("/bin/versitygw", {"bin/versitygw": binary("versitygw")}),
        "local.test/weaviate:1": ("/bin/weaviate-server", weaviate),
    }


def import_images() -> None:
    """Import each image whose files are not those that containerd has under its name."""
    have = set(ctr("images", "ls", "-q").split())
    for name, (entrypoint, files) in wanted().items():
        mark = IMAGES / "imported" / hashlib.sha256(name.encode()).hexdigest()[:12]
        state = made_of(files)
        if name in have and mark.is_file() and mark.read_text() == state:
            continue
        print(f"importing {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as scratch:
            layer = oci.layer_of_files(Path(scratch) / "layer.tar", files)
            config = {"Entrypoint": [entrypoint], "Env": ["PATH=/bin:/usr/bin"]}
            oci.Image([layer], config).write(Path(scratch) / "image.tar", name)
            ctr("images", "import", f"{scratch}/image.tar")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(state)


def made_of(files: Mapping[str, str]) -> str:
    """Return what an image's files are, by size and time: enough to see that one was built anew."""
    stats = {path: Path(file).stat() for path, file in sorted(files.items())}
    return " ".join(f"{path}={s.st_size}.{s.st_mtime_ns}" for path, s in stats.items())


def load(image: str) -> str:
    """Build a step image without CUDA's code, import it where containerd lacks it, and return its reference."""
    with tempfile.TemporaryDirectory(dir=STORE) as scratch:
        built = build.build(image, Path(scratch), without_cuda=True)
        reference = build.reference(image, built.digest)
        if reference not in ctr("images", "ls", "-q").split():
            # Packages are gigabytes and seldom change: a changed program is a layer of a megabyte.
            built.write(Path(scratch) / "image.tar", reference, held=ctr("content", "ls", "-q").split())
            ctr("images", "import", f"{scratch}/image.tar")
    return reference
