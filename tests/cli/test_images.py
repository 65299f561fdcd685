"""dac images: a digest is written in one place, and nothing else of the file changes."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from dac.cli.images import images

CATALOG = """# Images by digest.
rag:
  repository: registry.example.com/dac/rag # the registry's own name
  digest: null
  built: false

# Trains.
train: {repository: registry.example.com/dac/train, digest: null, built: false}
"""
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "projects").mkdir()
    (tmp_path / "standards/catalog").mkdir(parents=True)
    (tmp_path / "standards/catalog/images.yaml").write_text(CATALOG)
    return tmp_path


def run_images(tree: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(images, ["--root", str(tree), *arguments])
    return done.exit_code, done.output


def test_a_digest_is_written_and_comments_stay(tree: Path) -> None:
    assert run_images(tree, "--pin", "rag", DIGEST) == (0, f"rag: {DIGEST}; now run: dac render\n")
    want = CATALOG.replace("digest: null\n  built: false", f"digest: {DIGEST}\n  built: true")
    assert (tree / "standards/catalog/images.yaml").read_text() == want


def test_taking_it_back_gives_the_same_bytes(tree: Path) -> None:
    run_images(tree, "--pin", "train", DIGEST)
    assert run_images(tree, "--unpin", "train") == (0, "train: not built; now run: dac render\n")
    assert (tree / "standards/catalog/images.yaml").read_text() == CATALOG


def test_the_list_says_which_are_built(tree: Path) -> None:
    run_images(tree, "--pin", "rag", DIGEST)
    assert run_images(tree) == (
        0,
        f"rag\tregistry.example.com/dac/rag\t{DIGEST}\ntrain\tregistry.example.com/dac/train\tnot built\n",
    )


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--pin", "rag", "latest"], 'invalid digest "latest"; write sha256: and 64 hexadecimal digits'),
        (["--pin", "rogue", DIGEST], 'no image "rogue" in standards/catalog/images.yaml; there is: rag, train'),
        (["--unpin", "rogue"], 'no image "rogue" in standards/catalog/images.yaml; there is: rag, train'),
    ],
    ids=["a-tag", "unknown", "unknown-to-take-back"],
)
def test_what_is_no_digest_or_no_image_is_refused(tree: Path, arguments: list[str], fault: str) -> None:
    status, output = run_images(tree, *arguments)
    assert (status, fault in output) == (2, True), output
    assert (tree / "standards/catalog/images.yaml").read_text() == CATALOG
