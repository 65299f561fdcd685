"""Images from the one build definition: the same files are the same digest, and the Dockerfile gives the same files."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "images/build"))

import build  # noqa: E402 - images/ is not a package: its programs are flat
import oci  # noqa: E402
import rootfs  # noqa: E402

pytestmark = pytest.mark.exhaustive  # of images/build, which scripts/ does not touch

RUNTIME = ROOT / "images/runtime"
IMAGES = sorted(path.parent.name for path in (ROOT / "images").glob("*/requirements.txt"))


def trees(folder: Path, *, age: int = 0) -> Path:
    """Write the three file trees of an image: a link, an open folder, a program, and the real step programs."""
    base, packages = folder / "base", folder / "packages"
    (base / "usr/bin").mkdir(parents=True)
    (base / "bin").symlink_to("usr/bin")
    (base / "tmp").mkdir()
    (base / "tmp").chmod(0o1777)
    (base / "usr/bin/python3.11").write_text("#!")
    (base / "usr/bin/python3.11").chmod(0o755)
    (packages / "opt/dac/bin").mkdir(parents=True)
    (packages / "opt/dac/bin/python").symlink_to("/usr/bin/python3.11")
    rootfs.programs("rag", folder / "programs")
    for path in folder.rglob("*"):
        os.utime(path, (age, age), follow_symlinks=False)
    return folder


def made(tmp_path: Path, name: str, age: int = 0) -> oci.Image:
    scratch = tmp_path / f"{name}-layers"
    scratch.mkdir()
    return build.of_trees(trees(tmp_path / name, age=age), scratch)


def test_the_same_files_are_the_same_image_wherever_and_whenever(tmp_path: Path) -> None:
    image, another = made(tmp_path, "one"), made(tmp_path, "two", age=1_700_000_000)
    assert image.digest == another.digest
    assert [layer.digest for layer in image.layers] == [layer.digest for layer in another.layers]


@pytest.mark.parametrize("change", ["text", "mode", "link"])
def test_another_file_is_another_image(change: str, tmp_path: Path) -> None:
    image = made(tmp_path, "one")
    other = trees(tmp_path / "two") / "base"
    if change == "text":
        (other / "usr/bin/python3.11").write_text("#!/")
    elif change == "mode":
        (other / "usr/bin/python3.11").chmod(0o700)
    else:
        (other / "bin").unlink()
        (other / "bin").symlink_to("usr/sbin")
    (tmp_path / "layers").mkdir()
    another = build.of_trees(tmp_path / "two", tmp_path / "layers")
    assert [a.digest == b.digest for a, b in zip(image.layers, another.layers, strict=True)] == [False, True, True]
    assert image.digest != another.digest


def test_an_images_own_debian_packages_leave_the_bases_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's /sbin is /usr/sbin, as in the base, and the layer has no folder in the place of the base's link."""
    package = tmp_path / "package"
    (package / "DEBIAN").mkdir(parents=True)
    about = ("Package: a", "Version: 1", "Architecture: all", "Maintainer: a", "Description: a", "")
    (package / "DEBIAN/control").write_text("\n".join(about))
    for name in ("sbin/ldconfig", "usr/bin/gcc", "usr/share/doc/a/copyright"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    (tmp_path / "debs").mkdir()
    subprocess.run(["dpkg-deb", "--build", package, tmp_path / "a.deb"], check=True, capture_output=True)
    digest = hashlib.sha256((tmp_path / "a.deb").read_bytes()).hexdigest()
    (tmp_path / "a.deb").rename(tmp_path / f"debs/a-{digest[:16]}.deb")
    (tmp_path / "train.lock").write_text(f"a 1 {digest}\n")
    monkeypatch.setattr(rootfs, "CACHE", tmp_path)
    monkeypatch.setattr(rootfs, "HERE", tmp_path)
    tree = tmp_path / "tree"
    rootfs.beside_base("train", tree)
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert files == {"usr/sbin/ldconfig", "usr/bin/gcc"}
    assert {path.name for path in tree.iterdir()} == {"usr"}


def test_debians_packages_are_pinned_for_every_image_that_wants_some() -> None:
    """What trainer/training.py asks for before it compiles is in the image, and nothing is there twice."""
    held = {name: set(rootfs.lock(name).read_text().split()[::3]) for name in rootfs.WANTED}
    assert {name: set(wanted) - held[name] for name, wanted in rootfs.WANTED.items()} == {name: set() for name in held}
    assert not held["base"] & held["train"]
    assert held.keys() - {"base"} <= set(IMAGES)


def test_programs_come_compiled_and_without_tests_and_locks(tmp_path: Path) -> None:
    rootfs.programs("rag", tmp_path)
    held = {path.relative_to(tmp_path / "app").as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {
        "discover.py",
        "__pycache__/discover.cpython-311.pyc",
        "contracts/plan.schema.json",
        "runtime/addresses.py",
        "runtime/objects.py",
    } <= held
    assert not [name for name in held if name.startswith(("tests", "requirements"))]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_what_it_shares_with_others_beside_its_programs(image: str, tmp_path: Path) -> None:
    """No link is in the tree of an image: it would lead nowhere."""
    rootfs.programs(image, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_symlink()]
    for path in RUNTIME.glob("*.py"):
        assert (tmp_path / "app/runtime" / path.name).read_bytes() == path.read_bytes()
        assert (tmp_path / f"app/runtime/__pycache__/{path.stem}.cpython-311.pyc").is_file()
    schemas = {path.name for path in (ROOT / "images/contracts").glob("*.json")}
    assert {path.name for path in (tmp_path / "app/contracts").glob("*.json")} == schemas
    assert not (tmp_path / "app/runtime/tests").exists()


def test_nothing_under_images_is_a_link() -> None:
    assert not [path for path in (ROOT / "images").rglob("*") if path.is_symlink()]


def test_whoever_builds_may_have_another_umask(tmp_path: Path) -> None:
    digests = []
    for umask in (0o022, 0o077, 0o002):
        before = os.umask(umask)
        try:
            rootfs.programs("rag", tmp_path / "programs")
        finally:
            os.umask(before)
        digests.append(oci.layer_of_tree(tmp_path / f"{umask}.tar", tmp_path / "programs").digest)
    assert len(set(digests)) == 1


def test_the_tar_names_the_image_by_its_own_digest(tmp_path: Path) -> None:
    image = made(tmp_path, "one")
    name = build.reference("rag", image.digest)
    image.write(tmp_path / "image.tar", name)
    with tarfile.open(tmp_path / "image.tar") as tar:
        blobs = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    (entry,) = json.loads(blobs["index.json"])["manifests"]
    assert name == f"registry.example.com/dac/rag@{entry['digest']}"
    assert entry["annotations"]["io.containerd.image.name"] == name
    for path, blob in blobs.items():
        assert not path.startswith("blobs/") or path == f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}"


def dockerfile() -> list[list[str]]:
    """Return the Dockerfile's instructions, each as its words."""
    lines = (ROOT / "images/build/Dockerfile").read_text().splitlines()
    return [shlex.split(line) for line in lines if line and not line.startswith("#")]


def test_the_dockerfile_says_what_the_build_without_docker_does() -> None:
    config = build.CONFIG
    assert dockerfile() == [
        ["FROM", "scratch"],
        *(["COPY", f"{layer}/", "/"] for layer in ("base", "packages", "programs")),
        ["ENV", *config["Env"]],
        ["WORKDIR", config["WorkingDir"]],
        ["USER", config["User"]],
        ["CMD", json.dumps(config["Cmd"]).replace('"', "")],
    ]


def test_the_dockerfile_gives_the_same_files(tmp_path: Path) -> None:
    """Built for real, by Debian's buildah, which needs no daemon and no network for a Dockerfile that only copies."""
    if not shutil.which("buildah") or os.geteuid() != 0:
        pytest.skip("buildah is missing, or this is not root: the Dockerfile was only read; apt-get install buildah")
    image = made(tmp_path, "one")
    store = ["--root", str(tmp_path / "store"), "--runroot", str(tmp_path / "run"), "--storage-driver", "vfs"]
    for words in (
        [
            "build",
            "--layers",
            "--timestamp=0",
            "--isolation=chroot",
            f"--file={ROOT}/images/build/Dockerfile",
            "--tag=probe",
        ],
        ["push", "probe"],
    ):
        last = str(tmp_path / "one") if words[0] == "build" else f"oci:{tmp_path}/out:probe"
        done = subprocess.run(["buildah", *store, *words, last], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    blobs = tmp_path / "out/blobs/sha256"
    (entry,) = json.loads((tmp_path / "out/index.json").read_bytes())["manifests"]
    manifest = json.loads((blobs / entry["digest"][7:]).read_bytes())
    config = json.loads((blobs / manifest["config"]["digest"][7:]).read_bytes())["config"]
    config.pop("Labels", None)  # buildah's own name
    assert config == build.CONFIG
    theirs = files(blobs / layer["digest"][7:] for layer in manifest["layers"])
    assert theirs == files(layer.file for layer in image.layers)
    assert "app/discover.py" in theirs


def files(layers: Iterable[Path]) -> dict[str, tuple[object, ...]]:
    """Return what layers come to: path -> kind, permissions, owner, time, link, digest of the bytes."""
    by_path: dict[str, tuple[object, ...]] = {}
    for layer in layers:
        with tarfile.open(layer) as tar:
            for member in tar:
                body = tar.extractfile(member) if member.isreg() else None
                digest = hashlib.sha256(body.read()).hexdigest() if body else ""
                facts = (member.type, oct(member.mode & 0o7777), member.uid, member.gid, member.mtime, member.linkname)
                by_path[member.name.strip("/")] = (*facts, digest)
    by_path.pop("", None)
    return by_path
