#!/usr/bin/env python3
"""Builds an image as a tar in OCI's layout, with no Docker, and prints its reference.

    images/build/build.py rag OUT.tar [--cpu]            then, on a node: ctr -n k8s.io images import OUT.tar
    images/build/build.py rag OUT.tar --trees FOLDER     of file trees that images/build/rootfs.py has made already

The image's name in the tar is <repository>@<digest>, as rendered manifests write it. Layers of the base and of the
packages are kept in $DAC_CACHE/images by what they are made of, so that a changed program costs a second.
"""

import argparse
import hashlib
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import oci
import rootfs

CONFIG = {
    "User": f"{rootfs.USER}:{rootfs.USER}",
    "WorkingDir": "/app",
    "Env": ["PATH=/opt/dac/bin:/usr/bin", "PYTHONPATH=/app", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"],
    "Cmd": ["python"],
}


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", help="a folder of images/")
    parser.add_argument("out", type=Path, help="the tar to write")
    parser.add_argument("--cpu", action="store_true", help="leave CUDA's own code out")
    parser.add_argument("--trees", type=Path, help="the folder that images/build/rootfs.py made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=folder()) as scratch:
        if arguments.trees:
            image = of_trees(arguments.trees, Path(scratch))
        else:
            image = build(arguments.image, Path(scratch), without_cuda=arguments.cpu)
        name = reference(arguments.image, image.digest)
        image.write(arguments.out, name)
    print(name)
    return 0


def of_trees(trees: Path, scratch: Path) -> oci.Image:
    """Return the image of file trees that are made."""
    layers = [oci.layer_of_tree(scratch / f"{name}.tar", trees / name) for name in ("base", "packages", "programs")]
    return oci.Image(layers, CONFIG)


def build(image: str, scratch: Path, *, without_cuda: bool) -> oci.Image:
    """Return the image with its layers as files; the programs' layer is in the scratch folder."""
    programs = scratch / "programs"
    rootfs.programs(image, programs)
    layers = [
        _kept("base", rootfs.base, rootfs.lock("base")),
        _kept(
            f"{image}-{'cpu' if without_cuda else 'gpu'}",
            lambda tree: rootfs.packages(image, tree, without_cuda),
            rootfs.IMAGES / image / "requirements.txt",
            rootfs.HERE / "cpu.py",
            *rootfs.own_locks(image, without_cuda),
        ),
        oci.layer_of_tree(scratch / "programs.tar", programs),
    ]
    return oci.Image(layers, CONFIG)


def reference(image: str, digest: str) -> str:
    """Return the image's name with a digest, as rendered manifests write it."""
    return f"{_repository(image)}@{digest}"


def _kept(name: str, make: Callable[[Path], None], *inputs: Path) -> oci.Layer:
    """Return a layer from the cache, made there first when what it is made of has changed."""
    key = hashlib.sha256(b"".join(p.read_bytes() for p in (*inputs, Path(rootfs.__file__))))
    kept = folder() / f"{name}-{key.hexdigest()[:12]}.tar"
    if not kept.exists():
        for old in folder().glob(f"{name}-????????????.*"):
            old.unlink()
        print(f"making the layer {name} (once)", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=folder()) as scratch:
            make(Path(scratch) / "tree")
            made = oci.layer_of_tree(Path(scratch) / "layer.tar", Path(scratch) / "tree")
            made.file.rename(kept)
    return oci.read_layer(kept)


def folder() -> Path:
    """Where layers are kept."""
    kept = rootfs.CACHE / "images"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def _repository(image: str) -> str:
    """Return the image's repository as the catalog has it; without a YAML library, so that it runs anywhere."""
    catalog = (rootfs.IMAGES.parent / "standards/catalog/images.yaml").read_text()
    match = re.search(rf"^{re.escape(image)}:\n(?:[ #].*\n)*?  repository: (\S+)$", catalog, re.MULTILINE)
    if not match:
        sys.exit(f"standards/catalog/images.yaml: no image {image} with a repository")
    return match[1]


if __name__ == "__main__":
    sys.exit(main())
