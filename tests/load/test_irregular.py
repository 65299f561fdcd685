"""Named pipes, sockets, devices and links where the tool reads: found by the real commands, and opened by none."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from dac.load.irregular import irregular_findings
from sweep import some

pytestmark = pytest.mark.usefixtures("deadline")

Dac = Callable[..., "CompletedProcess[str]"]
FEATURES = Path(__file__).parents[1] / "cases" / "rendered" / "features"
READ = [  # each read, walked or written to by some command
    "policy/lib/pipe.rego",
    "policy/rule/rule.rego",
    "policy/waivers.yaml",
    "policy/notes",
    "standards/catalog/sizes.yaml",
    "standards/catalog/sizes.schema.json",
    "standards/catalog/secrets.yaml",
    "standards/catalog/owners/team-docs.yaml",
    "standards/copying/v1/standard.yaml",
    "standards/copying/v1/template.yaml",
    "standards/copying/v1/rendered.yaml",
    "standards/copying/v1/README.md",
    "standards/platform/cluster/pipe.yaml",
    "standards/platform/observability/dashboard.json",
    "standards/decisions.schema.json",
    "projects/first/decisions.yaml",
    "projects/first/notes",
    "projects/first/rendered/pipelines/pipe.yaml",
    "projects/pipe",
    "images/rag/pipe.py",
    ".github/CODEOWNERS",
    ".github/workflows/pipe.yaml",
    ".gitlab/CODEOWNERS",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(FEATURES, tmp_path / "tree")
    return tmp_path / "tree"


def put(tree: Path, path: str, make: Callable[[Path], None]) -> None:
    """Put something in the place of what is there."""
    place = tree / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    make(place)


def bound(path: Path) -> None:
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as server:  # a socket's address is short
        server.bind(path.name)


@pytest.mark.parametrize("path", some(READ, 12))
def test_a_named_pipe_is_a_finding_and_holds_nobody(path: str, tree: Path, dac: Dac) -> None:
    put(tree, path, os.mkfifo)
    name = Path(path).name
    findings = {
        f"{path}:1:1: error: {path} is a named pipe, not a file or a folder; remove it [tree.special]",
        f"{path}:1:1: error: {name} is a named pipe, not a file; put a file in its place [file.special]",  # was read
    }
    for words in (("check",), ("render", "--check")):
        done = dac(*words, cwd=tree)
        assert done.returncode == 1
        assert len(findings & set(done.stdout.splitlines())) == 1


@pytest.mark.parametrize(
    "words", [("render",), ("standards",), ("images",), ("new", "third"), ("grants",), ("why", "first")]
)
@pytest.mark.parametrize("path", ["policy/lib/pipe.rego", "standards/catalog/images.yaml", ".github/CODEOWNERS"])
def test_no_command_waits_for_one(words: tuple[str, ...], path: str, tree: Path, dac: Dac) -> None:
    put(tree, path, os.mkfifo)
    dac(*words, cwd=tree)


@pytest.mark.parametrize("path", ["policy/lib/pipe.rego", "standards/copying/v1/rendered.yaml", "images/rag/pipe.py"])
def test_a_socket_is_a_finding(path: str, tree: Path, dac: Dac) -> None:
    put(tree, path, bound)
    assert f"error: {path} is a socket, not a file or a folder; remove it" in dac("check", cwd=tree).stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_a_finding(tree: Path, dac: Dac) -> None:
    put(tree, "policy/lib/zero.rego", lambda path: os.mknod(path, 0o20644, os.makedev(1, 5)))
    assert "error: policy/lib/zero.rego is a device, not a file or a folder" in dac("check", cwd=tree).stdout


@pytest.mark.parametrize(
    "path", ["policy/lib/more.rego", "policy/more", ".github/CODEOWNERS", ".github/workflows", "images/rag"]
)
def test_a_link_is_a_finding_and_is_not_followed(path: str, tree: Path, dac: Dac, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/more.rego").write_text("package secret\n\nkept := nothing.like.rego(\n")
    target = tmp_path / "outside" / ("more.rego" if "." in Path(path).name else "")
    put(tree, path, lambda place: place.symlink_to(target))
    done = dac("check", cwd=tree)
    assert (
        f"{path}:1:1: error: {path} is a symbolic link; put the file or folder itself here [tree.link]\n" in done.stdout
    )
    assert "nothing.like" not in done.stdout + done.stderr, "what it leads to is not shown"


@pytest.mark.parametrize("top", ["policy", "images", ".github", "standards"])
def test_the_top_folder_itself_is_looked_at(tmp_path: Path, top: str) -> None:
    """A walk would follow a link there, and pass over a named pipe in silence."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / top).symlink_to("elsewhere")
    (tmp_path / "projects").mkdir()
    os.mkfifo(tmp_path / "projects" / "pipe")
    findings = irregular_findings(tmp_path, ["pipe"])
    assert {(f.location.file, f.code) for f in findings} == {(top, "tree.link"), ("projects/pipe", "tree.special")}
