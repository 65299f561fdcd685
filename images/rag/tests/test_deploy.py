"""The deploy repository: one file a pipeline, nothing lost when two push at once."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import publish
import pytest
from index import deploy, ledger, loss, model_folder, versions
from runtime import settings
from world import World


def held(repository: Path, path: str) -> dict[str, Any]:
    """Return the file as the repository's main branch has it."""
    show = ["git", "--git-dir", str(repository), "show", f"main:{path}"]
    manifest: dict[str, Any] = json.loads(subprocess.run(show, capture_output=True, text=True, check=True).stdout)
    return manifest


def commits(repository: Path) -> int:
    """Return how many commits the main branch has."""
    count = ["git", "--git-dir", str(repository), "rev-list", "--count", "main"]
    return int(subprocess.run(count, capture_output=True, text=True, check=True).stdout)


def test_the_first_push_makes_the_repository_and_an_equal_index_makes_no_commit(tmp_path: Path) -> None:
    repository = tmp_path / "deploy.git"
    assert deploy.push(f"file://{repository}", "p/q.json", {"index": "1"}, "p/q: index 1") is True
    assert deploy.push(f"file://{repository}", "p/q.json", {"index": "1"}, "p/q: index 1") is False
    assert (held(repository, "p/q.json"), commits(repository)) == ({"index": "1"}, 1)


def test_the_deploy_manifest_tells_all_that_a_reader_needs(world: World) -> None:
    """An application that has it alone embeds questions as the documents were, and knows where to ask."""
    world.run("first")
    world.put("doc-0", "another text")
    world.export()
    facts = json.loads(world.settings["MODEL"]) | {"query_prefix": "query: "}
    with world.environment("second", MODEL=json.dumps(facts)) as run:
        (version,) = versions.read(run)
        committed = ledger.read(loss.ledger_address(run, version.collection))
        manifest = publish.deploy_manifest(run, "team_search", version, committed)
        weights = world.folder / "objects/models/a"
        assert manifest["embedding"] == {
            "weights": "s3://models/a/",
            "digest": model_folder.digest(weights),
            "dimension": 16,
            "max_tokens": 64,
            "pooling": "mean",
            "normalise": True,
            "query_prefix": "query: ",
            "document_prefix": None,
        }
    where = ("alias", "engine", "distance", "model", "documents")
    assert [manifest[name] for name in where] == ["team_search", "qdrant", "cosine", "a", 5]


def test_a_run_that_embeds_nothing_keeps_what_is_known_of_the_weights(world: World) -> None:
    world.run("first")
    world.documents.pop("doc-4")
    world.export()
    world.run("second")
    with world.environment("second") as run:
        (version,) = versions.read(run)
    assert (version.run, version.weights[:7]) == ("second", "sha256:")


def test_a_push_that_loses_the_race_is_rebased_on_what_won(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "deploy.git"
    address = f"file://{repository}"
    deploy.push(address, "p/q.json", {"index": "1"}, "p/q: index 1")
    push, raced = deploy._push, []

    def late(tree: Path) -> None:
        if not raced:  # between this one's commit and its push another pipeline's push arrives
            raced.append(True)
            deploy.push(address, "other/q.json", {"index": "9"}, "other/q: index 9")
        push(tree)

    monkeypatch.setattr(deploy, "_push", late)
    assert deploy.push(address, "p/q.json", {"index": "2"}, "p/q: index 2") is True
    assert held(repository, "p/q.json") == {"index": "2"}
    assert held(repository, "other/q.json") == {"index": "9"}
    assert commits(repository) == 3


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(deploy.InputError, match=r"git clone of the deploy repository failed: .*does not appear to be"):
        deploy.push(f"file://{tmp_path}/folder", "p/q.json", {}, "m")


def test_what_a_hook_declines_is_final_and_in_its_own_words(tmp_path: Path) -> None:
    """Otherwise a refusal would be rebased and tried again as if it were a lost race."""
    repository = tmp_path / "deploy.git"
    deploy.push(f"file://{repository}", "p/q.json", {"index": "1"}, "p/q: index 1")
    hook = repository / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'p may write p/*.json alone, not rival/q.json' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(deploy.InputError) as refused:
        deploy.push(f"file://{repository}", "rival/q.json", {}, "m")
    assert str(refused.value) == (
        "the deploy repository declines the push: p may write p/*.json alone, not rival/q.json; the Secret `deploy` of "
        "this namespace has no `token`: write the project's own into it"
    )
    assert commits(repository) == 1


@pytest.mark.parametrize(
    ("status", "token", "message"),
    [
        (401, "wrong", "check the token, and what it may do there"),
        (403, "wrong", "returned error: 403.*check the token, and what it may do there"),
        (403, "", "the Secret `deploy` of this namespace has no `token`"),
    ],
)
def test_a_server_that_refuses_the_token_is_a_wrong_input(
    status: int, token: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str | None] = []

    class Git(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent.append(self.headers.get("Authorization"))
            self.send_response(status)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    if token:
        (tmp_path / "deploy").mkdir()
        (tmp_path / "deploy/token").write_text(f"{token}\n")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), Git) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(deploy.InputError, match=message):
            deploy.push(f"http://127.0.0.1:{server.server_address[1]}/deploy.git", "p/q.json", {}, "m")
        server.shutdown()
    pair = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    assert sent[0] == (f"Basic {pair}" if token else None)
