"""Base models by address: a folder, a hub id at a pinned commit, a registry's alias; and what is refused."""

import functools
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest
from runtime.errors import InputError
from support import PROGRAMS, LocalRun
from trainer import bases

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ID = "someone/a-model"


class Hub(BaseHTTPRequestHandler):
    """A model hub of one repository, in as much of the Hugging Face API as a download asks."""

    def __init__(self, folder: Path, *rest: object) -> None:
        self.folder = folder
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = self.path.partition("?")[0]
        files = sorted(p.name for p in self.folder.iterdir())
        if path == f"/api/models/{ID}/tree/{COMMIT}":
            sizes = {name: (self.folder / name).stat().st_size for name in files}
            data = orjson.dumps([{"type": "file", "path": n, "size": s, "oid": "0" * 40} for n, s in sizes.items()])
        elif path.startswith(f"/{ID}/resolve/{COMMIT}/") and (name := path.rpartition("/")[2]) in files:
            data = (self.folder / name).read_bytes()
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(base: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a hub that has the tiny model, and a file that no training needs."""
    repository = tmp_path / "repository"
    repository.mkdir()
    for file in base.iterdir():
        (repository / file.name).write_bytes(file.read_bytes())
    (repository / "pytorch_model.bin").write_bytes(b"pickled code")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Hub, repository))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _from_hub(hub: str, name: str, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    """Fetches a hub id in a process of its own, since the hub's address is read at import."""
    script = """if True:
        import pathlib, sys, time
        time.sleep = lambda seconds: None  # the hub's client waits 24 s between its attempts
        from trainer import bases
        from runtime.program import main
        facts = {"weights": sys.argv[1], "revision": sys.argv[2]}
        main("fetch", lambda: bases.fetch(facts, pathlib.Path(sys.argv[3])))
    """
    environ = {
        **os.environ, "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}", "HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1",
    }  # fmt: skip
    command = [sys.executable, "-c", script, name, COMMIT, str(tmp_path / "model")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_hub_id_is_downloaded_at_its_commit(base: Path, hub: str, tmp_path: Path) -> None:
    """Everything but pickled weights; the digest is that of the same files in a folder."""
    done = _from_hub(hub, ID, tmp_path)
    assert done.returncode == 0, done.stderr
    assert bases.digest(tmp_path / "model") == bases.digest(base)


def test_a_hub_that_is_away_is_tried_again(tmp_path: Path) -> None:
    done = _from_hub("http://127.0.0.1:9", ID, tmp_path)
    assert done.returncode == 75, done.stderr
    assert orjson.loads(done.stderr.splitlines()[-1])["message"].startswith(
        f"MODEL: cannot download {ID} from the hub: "
    )


def test_a_folder_is_used_as_it_is(local_run: LocalRun, base: Path, tmp_path: Path) -> None:
    for facts in ({"weights": str(base)}, {"weights": f"file://{base}/"}):
        folder = bases.fetch(facts, tmp_path / "model")
        assert bases.digest(folder) == bases.digest(base)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({}, "MODEL: `weights` is missing; set it in standards/catalog/base_models.yaml"),
        (
            {"weights": ID, "revision": ""},
            f"MODEL: {ID} is a hub id without `revision`; pin the commit in the catalog",
        ),
        ({"weights": "s3://models/nowhere"}, "s3://models/nowhere: nothing lies there"),
    ],
)
def test_what_cannot_be_fetched_is_refused(
    facts: dict[str, str], message: str, local_run: LocalRun, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        bases.fetch(facts, tmp_path / "model")
    assert str(refused.value) == message


def test_a_folder_without_a_tokenizer_json_is_refused(base: Path, tmp_path: Path) -> None:
    for file in base.iterdir():
        if file.name != "tokenizer.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(InputError) as refused:
        bases.load_tokenizer(tmp_path)
    assert "tokenizer.json is missing; convert the tokenizer once with transformers" in str(refused.value)
