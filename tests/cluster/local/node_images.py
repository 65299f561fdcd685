"""The images that the local cluster has without being asked: imported once, then kept by containerd."""

import hashlib
import sys
import tempfile
from pathlib import Path

from layout import IMAGES, binary, version
from machine import ctr
from oci import image, layer


def wanted() -> dict[str, tuple[list[str], dict[str, str]]]:
    """Image name -> (entrypoint, {path in the image: file on this machine})."""
    return {
        "local.test/pause:1": (["/pause"], {"pause": binary("pause")}),
        f"local.test/argoexec:{version('argo')}": (
            ["/bin/argoexec"],
            {"bin/argoexec": binary("argo", "argoexec"), "etc/mime.types": "/etc/mime.types"},
        ),
        "local.test/busybox:1": (["/bin/sh"], {f"bin/{n}": "/bin/busybox" for n in APPLETS}),
        "local.test/versitygw:1": (["/bin/versitygw"], {"bin/versitygw": binary("versitygw")}),
        "local.test/weaviate:1": (
            ["/bin/weaviate-server"],
            {"bin/weaviate-server": binary("weaviate", "weaviate-server")},
        ),
    }


APPLETS = ("busybox", "sh")


def import_images() -> None:
    """Imports each image whose files are not those that containerd has under its name."""
    have = set(ctr("images", "ls", "-q").split())
    for name, (entrypoint, files) in wanted().items():
        mark = IMAGES / "imported" / hashlib.sha256(name.encode()).hexdigest()[:12]
        state = " ".join(f"{p}={Path(s).stat().st_size}.{Path(s).stat().st_mtime_ns}" for p, s in sorted(files.items()))
        if name in have and mark.is_file() and mark.read_text() == state:
            continue
        print(f"importing {name}", file=sys.stderr)
        with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
            tar.write(image(name, entrypoint, [layer(files)], {"PATH": "/bin:/usr/bin"}))
            tar.flush()
            ctr("images", "import", tar.name)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(state)
