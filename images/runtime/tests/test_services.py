"""A project's token: whom it is sent to, and what a service that refuses it means for the step."""

import base64
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from mlflow.exceptions import MlflowException
from runtime import notify, registry, services, settings
from runtime.errors import InputError

# What a deployment of the relay has to do: each token is one project's, and each project has its channels.
TOKENS = {("docs", "docs-token"): "docs", ("rival", "rival-token"): "rival"}
CHANNELS = {"docs": ["#docs"], "rival": ["#rival"]}


class Relay(http.server.BaseHTTPRequestHandler):
    """Takes messages for a project's own channels, and answers whoever asks for a model as MLflow does."""

    def project(self) -> str | None:
        scheme, _, pair = self.headers.get("Authorization", "").partition(" ")
        username, _, token = base64.b64decode(pair).decode().partition(":")
        return TOKENS.get((username, token)) if scheme == "Basic" else None

    def do_POST(self) -> None:
        body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/elsewhere":
            self.answer(302, b"", Location="/collector")
        elif (project := self.project()) is None:
            self.answer(401, b"unknown token")
        elif body.get("channel") not in CHANNELS[project]:
            self.answer(403, f"{project} may not post to {body.get('channel')}".encode())
        else:
            self.server.messages.append((project, body))  # type: ignore[attr-defined]
            self.answer(200, b"ok")

    def do_GET(self) -> None:
        if self.path == "/collector":
            self.server.messages.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
            self.answer(200, b"ok")
        elif self.project() is None:  # MLflow with --app-name basic-auth says both in plain text
            self.answer(401, b"You are not authenticated.")
        else:
            self.answer(403, b"Permission denied")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def relay() -> Iterator[Any]:
    """The server; `address` is its URL, `messages` what it took."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    server.address, server.messages = f"http://127.0.0.1:{server.server_address[1]}", []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a pod of project `docs` finds its Secrets: none yet."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROJECT", "docs")
    monkeypatch.setattr(settings, "SECRETS", tmp_path)
    return tmp_path


def mount(secrets: Path, service: str, **data: str) -> None:
    """Write a Secret as Kubernetes mounts it."""
    (secrets / service).mkdir()
    for key, value in data.items():
        (secrets / service / key).write_text(value)


def test_without_a_secret_nothing_is_sent(secrets: Path) -> None:
    assert services.credentials("deploy") is None
    mount(secrets, "deploy", token="\n")
    assert services.credentials("deploy") is None


def test_a_project_is_known_by_its_own_name_unless_the_secret_has_another(secrets: Path) -> None:
    mount(secrets, "deploy", token="t1\n")
    mount(secrets, "mlflow", token="t2", username="robot")
    assert services.credentials("deploy") == services.Credentials("docs", "t1")
    assert services.credentials("deploy", "x-access-token") == services.Credentials("x-access-token", "t1")
    assert services.credentials("mlflow", "x-access-token") == services.Credentials("robot", "t2")
    assert "t2" not in repr(services.credentials("mlflow"))


def test_a_relay_takes_a_message_for_the_projects_own_channel(
    relay: Any, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount(secrets, "slack", token="docs-token")
    monkeypatch.setenv("SLACK", relay.address)
    monkeypatch.setenv("NOTIFY", "#docs")
    assert notify.slack("done")
    [(project, message)] = relay.messages
    assert (project, message["text"], message["channel"]) == ("docs", "done", "#docs")


@pytest.mark.parametrize(
    ("secret", "channel", "message"),
    [
        (
            {"token": "docs-token"},
            "#rival",
            "Slack did not take the message for #rival: HTTP 403: docs may not post to #rival; it knows the project by "
            "the token of the Secret `slack`: check the token, and what it may do there",
        ),
        (
            {"token": "docs-token", "username": "rival"},
            "#rival",
            "Slack did not take the message for #rival: HTTP 401: unknown token; it knows the project by the token of "
            "the Secret `slack`: check the token, and what it may do there",
        ),
        (
            {},
            "#docs",
            "Slack did not take the message for #docs: HTTP 401: unknown token; the Secret `slack` of this namespace "
            "has no `token`: write the project's own into it",
        ),
    ],
    ids=["another project's channel", "another project's name", "no token"],
)
def test_a_relay_refuses_and_the_log_says_why(
    secret: dict[str, str],
    channel: str,
    message: str,
    relay: Any,
    secrets: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mount(secrets, "slack", **secret)
    monkeypatch.setenv("SLACK", relay.address)
    monkeypatch.setenv("NOTIFY", channel)
    assert notify.slack("done") is False, "it stops nothing"
    line = orjson.loads(capsys.readouterr().err)
    assert (line["level"], line["event"], line["message"]) == ("warning", "not_notified", message)
    assert relay.messages == []


def test_a_token_does_not_follow_a_redirect(relay: Any, secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(secrets, "slack", token="docs-token")
    monkeypatch.setenv("SLACK", f"{relay.address}/elsewhere")
    assert notify.slack("done") is False
    assert relay.messages == []


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("docs-token", "Permission denied.*it knows the project by the token of the Secret `mlflow`"),
        ("", "You are not authenticated.*the Secret `mlflow` of this namespace has no `token`"),
    ],
)
def test_mlflow_gets_the_token_and_its_refusal_is_final(
    token: str, message: str, relay: Any, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "")
    if token:
        mount(secrets, "mlflow", token=token)
    with pytest.raises(InputError, match=message) as refused:
        registry.version_by_alias(relay.address, "rival.model", "champion")
    assert isinstance(refused.value.__cause__, MlflowException)


def test_a_secret_is_read_from_its_mount_or_from_a_laptops_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_MODEL_TOKEN", raising=False)
    assert settings.secret("model", "token", tmp_path) is None
    monkeypatch.setenv("SECRET_MODEL_TOKEN", " from-here\n")
    assert settings.secret("model", "token", tmp_path) == "from-here"
    (tmp_path / "model").mkdir()
    (tmp_path / "model/token").write_text("mounted\n")
    assert settings.secret("model", "token", tmp_path) == "mounted"
    monkeypatch.setenv("SECRET_MODEL_TOKEN", "  ")
    assert settings.secret("model", "other", tmp_path) is None
    assert settings.secret_variable("alerts", "slack.url") == "SECRET_ALERTS_SLACK_URL"
