"""trigger and verify_delivery: one promotion starts one deployment, at a receiver that is not kind."""

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
import trigger
from runtime import objects, receipt, settings
from runtime.errors import InputError
from support import LocalRun, last_message


class Receiver(BaseHTTPRequestHandler):
    """Fails twice, then answers; keeps what it was sent, and counts what it started."""

    key = b"a key for this test"
    failures = 2
    requests: list[dict[str, Any]]
    started: dict[str, int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        stamp = self.headers["X-Dac-Timestamp"]
        signed = hmac.new(self.key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(f"sha256={signed}", self.headers["X-Dac-Signature"])
        identity = self.headers["Idempotency-Key"]
        request = {
            "genuine": genuine,
            "identity": identity,
            "raw": body,
            "body": orjson.loads(body),
            "headers": self.headers,
        }
        self.requests.append(request)
        if not genuine:
            self.send_response(401)
        elif len(self.requests) <= self.failures:
            self.started.setdefault(identity, 1)  # it has started, and its answer is lost
            self.send_response(503)
        else:
            self.started.setdefault(identity, 1)
            self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def receiver(scored: LocalRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Receiver]]:
    """A receiver, and the key in the pod's Secret."""
    (tmp_path / "webhook").mkdir()
    (tmp_path / "webhook" / "key").write_bytes(Receiver.key)
    (tmp_path / "webhook-keys").mkdir()  # the receiver's
    (tmp_path / "webhook-keys" / settings.run().project).write_bytes(Receiver.key)
    Receiver.requests, Receiver.started, Receiver.failures = [], {}, 2
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WEBHOOK", f"http://127.0.0.1:{server.server_port}/deploy")
    monkeypatch.setenv("SECRETS", str(tmp_path))
    monkeypatch.setattr(trigger, "FIRST_PAUSE", 0.01)
    promoted = {
        "model": f"p.{settings.run().pipeline}", "version": "3", "weights": "s3://w", "weights_digest": "d",
        "metric": "m", "value": "0.5",
    }  # fmt: skip
    receipt.write_part(settings.run(), "promote", promoted, 0.0)
    yield Receiver
    server.shutdown()
    server.server_close()


def test_one_promotion_starts_one_deployment(scored: LocalRun, receiver: type[Receiver]) -> None:
    """Two lost answers, then the step itself run again, as after a lost pod: signed every time, started once."""
    assert scored.step("trigger") == 0
    assert receipt.facts(settings.run(), "trigger")["tries"] == 3
    objects.remove(f"{scored.root}/delivered.json")  # the pod died before it could write this
    assert scored.step("trigger") == 0
    assert scored.step("trigger") == 0
    assert len(receiver.requests) == 4  # the last run found the delivery done
    assert all(request["genuine"] for request in receiver.requests)
    assert len({request["identity"] for request in receiver.requests}) == 1
    assert list(receiver.started.values()) == [1]
    assert receiver.requests[0]["body"]["model_version"] == "3"
    assert receiver.requests[0]["body"]["idempotency_key"] == receiver.requests[0]["identity"]
    assert "Authorization" not in receiver.requests[0]["headers"]


def test_a_token_is_sent_where_there_is_one(scored: LocalRun, receiver: type[Receiver], tmp_path: Path) -> None:
    (tmp_path / "webhook" / "token").write_text("t0ken\n")
    receiver.failures = 0
    assert scored.step("trigger") == 0
    assert receiver.requests[0]["headers"]["Authorization"] == "Bearer t0ken"


def _as_argo_events_hands_on(delivered: dict[str, Any]) -> dict[str, str]:
    """What the example's Sensor puts into the Workflow's environment; Go's JSON writes < and > as escapes."""
    return {
        "DELIVERY": orjson.dumps(delivered["body"]).decode().replace("<", "\\u003c").replace(">", "\\u003e"),
        "SIGNATURE": delivered["headers"]["X-Dac-Signature"], "TIMESTAMP": delivered["headers"]["X-Dac-Timestamp"],
        "NAME": f"deploy-{delivered['headers']['Idempotency-Key'][:40]}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ""),
        ({"DELIVERY": '{"project":"p"}'}, "X-Dac-Signature does not match this delivery and the key of project p in"),
        ({"DELIVERY": '{"version":1}'}, "the delivery names no project, whose key would verify it"),
        ({"DELIVERY": '{"project":["p"]}'}, "the delivery names no project, whose key would verify it"),
        ({"DELIVERY": '{"project":"../webhook/key"}'}, "the delivery names no project, whose key would verify it"),
        ({"DELIVERY": '{"project":"q"}'}, "no key of project q; write it into the field `q` of the Secret"),
        ({"DELIVERY": "{"}, "cannot read the delivery: "),
        ({"DELIVERY": "[]"}, "cannot read the delivery: it is a list, not a JSON object"),
        ({"SIGNATURE": "sha256=é"}, "X-Dac-Signature does not match this delivery and the key of project p"),
        ({"TIMESTAMP": "1700000000"}, "X-Dac-Signature does not match this delivery"),
        ({"TIMESTAMP": "now"}, "X-Dac-Timestamp is not a time in seconds: "),
        ({"NAME": "deploy-" + "0" * 40}, "its Idempotency-Key was changed"),
    ],
)  # fmt: skip
def test_the_examples_receiver_verifies_a_delivery(
    changed: dict[str, str], expected: str, scored: LocalRun, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    receiver.failures = 0
    assert scored.step("trigger") == 0
    for name, value in {**_as_argo_events_hands_on(receiver.requests[0]), **changed}.items():
        monkeypatch.setenv(name, value)
    assert scored.step("verify_delivery") == (65 if expected else 0)
    assert expected in last_message(capsys)


@pytest.mark.parametrize(
    ("model", "listed", "code"),
    [
        ("docs-assistant", {"docs-assistant": {"promote": []}}, 65),
        ("docs-assistant", {"docs-assistant": {"promote": ["p/PIPELINE"]}}, 0),
        ("docs-assistant", {}, 65),
        ("rival.answers", {}, 65),
        ("p.another", {}, 65),
    ],
)
def test_a_project_deploys_its_own_models_alone(
    model: str, listed: dict[str, Any], code: int, scored: LocalRun, receiver: type[Receiver],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Signed with its own key, but of a model that it may not register."""
    receiver.failures = 0
    promoted = receipt.facts(settings.run(), "promote")
    receipt.write_part(settings.run(), "promote", {**promoted, "model": model}, 0.0)
    assert scored.step("trigger") == 0
    rights = orjson.dumps(listed).decode().replace("PIPELINE", settings.run().pipeline)
    monkeypatch.setenv("REGISTERED_MODELS", rights)
    for name, value in _as_argo_events_hands_on(receiver.requests[0]).items():
        monkeypatch.setenv(name, value)
    assert scored.step("verify_delivery") == code
    refused = f"p/{settings.run().pipeline} may not deploy the registered model '{model}'"
    assert (refused in last_message(capsys)) is (code == 65)


def test_an_old_delivery_is_taken_for_a_copy(
    scored: LocalRun, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.failures = 0
    assert scored.step("trigger") == 0
    for name, value in _as_argo_events_hands_on(receiver.requests[0]).items():
        monkeypatch.setenv(name, value)
    later = time.time() + 1000
    monkeypatch.setattr(time, "time", lambda: later)
    assert scored.step("verify_delivery") == 65
    assert last_message(capsys).endswith(" s off, 900 s are allowed: it may be a replay")


def test_a_receiver_that_refuses_the_signature_is_not_asked_again(
    scored: LocalRun, receiver: type[Receiver], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "webhook" / "key").write_bytes(b"another")
    assert scored.step("trigger") == 65
    assert len(receiver.requests) == 1
    assert last_message(capsys) == "WEBHOOK: the receiver refused the request with 401; check its key and path"


def test_a_redirect_is_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step ends: the same request would be answered so again, and nothing marks it as delivered."""
    monkeypatch.setattr(trigger, "post", lambda *_: 301)
    with pytest.raises(InputError, match=r"the receiver redirects \(301\), which is not followed"):
        trigger.deliver(trigger.Receiver("http://hooks", b"key"), "identity", b"{}")


def test_a_receiver_that_stays_away_is_tried_again_later(
    scored: LocalRun, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.failures = 99
    assert scored.step("trigger") == 75
    assert len(receiver.requests) == trigger.ATTEMPTS


@pytest.mark.parametrize("url", ["hooks.example.com/deploy", "http://[broken/deploy", "http://host:port/deploy"])
def test_an_address_that_cannot_be_asked_is_said(
    url: str, scored: LocalRun, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("WEBHOOK", url)
    monkeypatch.setattr(trigger, "ATTEMPTS", 2)
    assert scored.step("trigger") in (65, 75)
    assert last_message(capsys).startswith("WEBHOOK: ")
