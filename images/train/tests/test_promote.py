"""promote, trigger, finish and the evaluations' wait, against a real MLflow server and a receiver that is not kind."""

import hashlib
import hmac
import os
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import finish
import orjson
import pytest
import trigger
from runtime import objects, receipt, settings
from support import World, mlflow_server
from trainer import bases, checkpoint


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server on SQLite."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder, f"sqlite:///{folder}/mlflow.db") as address:
        yield address


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, base: Path) -> World:
    """A run with three checkpoints, made once."""
    with pytest.MonkeyPatch.context() as patch:
        made = World(tmp_path_factory.mktemp("trained"), base)
        for name, value in {**made.environ, "METHOD": "lora"}.items():
            patch.setenv(name, value)
        made.step("prepare", "--held-out", "0.2")
        made.step("tokenize_dataset", "--evaluations", str(made.folder / "evaluations"))
        assert made.train() == 0
    return made


@pytest.fixture
def scored(trained: World, mlflow: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    """That run with scorecards of the base model and each checkpoint, the second the best, as a pipeline of its own."""
    environ = {
        **trained.environ, "METHOD": "lora", "MLFLOW": mlflow, "METRIC": "exact_match", "THRESHOLD": "0.5",
        "PIPELINE": f"t-{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}", "COMMIT": "c" * 40,
    }  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(trained.objects / "dac-artifacts/p/q/runs/u1", trained.run)
    steps = [checkpoint.BASE, *checkpoint.steps(settings.run().root)]
    for step, value in zip(steps, (0.0, 0.25, 0.75, 0.5), strict=True):
        _score(step, value)
    return trained


def _score(step: int, value: float) -> None:
    facts = {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 24, "standard_error": 0.05}
    card = {"version": 1, "metrics": {"exact_match": facts}}
    objects.write_json(f"{settings.run().root}/evals/{step}/scorecard.json", card)


def _promote(world: World) -> int:
    return world.step("promote", "--version", str(world.folder / "version"), "--work", str(world.folder / "promote"))


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    return str(orjson.loads(capsys.readouterr().err.splitlines()[-1])["message"])


def test_the_best_checkpoint_becomes_the_candidate(scored: World, mlflow: str) -> None:
    from mlflow import MlflowClient
    from transformers import AutoModelForCausalLM

    assert _promote(scored) == 0
    facts = receipt.facts(settings.run(), "promote")
    name = f"p.{os.environ['PIPELINE']}"
    version = MlflowClient(mlflow, mlflow).get_model_version_by_alias(name, "candidate")
    step = checkpoint.steps(settings.run().root)[1]
    assert (str(version.version), version.source) == (facts["version"], facts["weights"])
    assert (scored.folder / "version").read_text() == f"{facts['version']}\n"
    told = {key: version.tags[f"dac.{key}"] for key in ("step", "value", "metric", "dataset", "scorecard", "commit")}
    assert told == {
        "step": str(step), "value": "0.750000", "metric": "exact_match", "dataset": os.environ["DATASET"],
        "scorecard": f"{settings.run().root}/evals/{step}/scorecard.json", "commit": "c" * 40,
    }  # fmt: skip
    digests = [version.tags[f"dac.{what}_digest"] for what in ("base", "checkpoint", "weights")]
    done = checkpoint.read(settings.run().root, step)
    assert digests == [bases.digest(Path(scored.model["weights"])), done["digest"], facts["weights_digest"]]
    assert version.tags["dac.receipt"] == f"{settings.run().home}/receipts/q-1.json"
    logged = MlflowClient(mlflow, mlflow).get_metric_history(version.tags["dac.mlflow_run"], "loss")
    assert [point.value for point in logged] == scored.losses()
    folder = scored.objects / facts["weights"].removeprefix("s3://")
    assert {"model.safetensors", "tokenizer.json", "README.md"} <= {p.name for p in folder.iterdir()}
    merged = AutoModelForCausalLM.from_pretrained(folder)  # an adapter no more: any server can load it
    assert not hasattr(merged, "peft_config")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (folder / name).read_bytes() == (Path(scored.model["weights"]) / name).read_bytes()
    assert (
        "| exact_match | 0.7500 (95 % 0.6500 to 0.8500, n=24); at least 0.5 was asked |\n"
        "| exact_match of the base model | 0.0000 |" in (folder / "README.md").read_text()
    )


def test_an_adapter_is_published_alone_where_the_catalog_says_so(
    scored: World, mlflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a base that is served once with many adapters beside it."""
    monkeypatch.setenv("MODEL", orjson.dumps({**scored.model, "publish": "adapter"}).decode())
    assert _promote(scored) == 0
    folder = scored.objects / receipt.facts(settings.run(), "promote")["weights"].removeprefix("s3://")
    names = {path.name for path in folder.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "README.md"} <= names
    assert "model.safetensors" not in names


def test_a_second_try_registers_nothing_new(scored: World, mlflow: str) -> None:
    from mlflow import MlflowClient

    assert (_promote(scored), _promote(scored)) == (0, 0)
    found = MlflowClient(mlflow, mlflow).search_model_versions(f"name = 'p.{os.environ['PIPELINE']}'")
    assert [v.version for v in found] == ["1"] or [v.version for v in found] == [1]


def test_below_the_threshold_nothing_is_registered(
    scored: World, mlflow: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("THRESHOLD", "0.8")
    assert _promote(scored) == 65
    a, b, c = checkpoint.steps(settings.run().root)
    assert _said(capsys) == (
        "nothing is promoted: exact_match 0.7500 (95 % 0.6500 to 0.8500, n=24) of the best checkpoint, "
        f"step {b}, misses the threshold 0.8 by 0.0500; "
        f"base: 0.0000, step {a}: 0.2500, step {b}: 0.7500, step {c}: 0.5000"
    )
    assert not MlflowClient(mlflow, mlflow).search_model_versions(f"name = 'p.{os.environ['PIPELINE']}'")


def test_the_base_model_is_scored_and_never_promoted(scored: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A base that was better before: its best checkpoint is what meets the threshold, and a person is told."""
    _score(checkpoint.BASE, 0.9)
    assert _promote(scored) == 0
    facts = receipt.facts(settings.run(), "promote")
    assert (facts["step"], facts["base_value"]) == (checkpoint.steps(settings.run().root)[1], "0.900000")
    said = [orjson.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert [line["message"] for line in said if line["event"] == "no_gain"] == [
        "the base model scores 0.9000 already: exact_match gains nothing by this training"
    ]


def test_a_metric_that_was_not_computed_is_named(
    scored: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRIC", "bleu")
    assert _promote(scored) == 65
    assert _said(capsys) == "the scorecard of step 0 has no metric 'bleu'; it has exact_match"


def test_a_registry_that_does_not_answer_is_tried_again(scored: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert _promote(scored) == 75


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
        good = hmac.compare_digest(f"sha256={signed}", self.headers["X-Dac-Signature"])
        identity = self.headers["Idempotency-Key"]
        told = {"good": good, "identity": identity, "raw": body, "body": orjson.loads(body), "headers": self.headers}
        self.requests.append(told)
        if not good:
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
        """Says nothing."""


@pytest.fixture
def receiver(scored: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Receiver]]:
    """A receiver, and the key in the pod's Secret."""
    (tmp_path / "webhook").mkdir()
    (tmp_path / "webhook" / "key").write_bytes(Receiver.key)
    Receiver.requests, Receiver.started, Receiver.failures = [], {}, 2
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("WEBHOOK", f"http://127.0.0.1:{server.server_port}/deploy")
    monkeypatch.setenv("SECRETS", str(tmp_path))
    monkeypatch.setattr(trigger, "FIRST_PAUSE", 0.01)
    promoted = {
        "model": "p.q", "version": "3", "weights": "s3://w", "weights_digest": "d", "metric": "m", "value": "0.5"
    }  # fmt: skip
    receipt.write_part(settings.run(), "promote", promoted, 0.0)
    yield Receiver
    server.shutdown()
    server.server_close()


def test_one_promotion_starts_one_deployment(scored: World, receiver: type[Receiver]) -> None:
    """Two lost answers, then the step itself run again, as after a lost pod: signed every time, started once."""
    assert scored.step("trigger") == 0
    assert receipt.facts(settings.run(), "trigger")["tries"] == 3
    objects.remove(f"{settings.run().root}/delivered.json")  # the pod died before it could write this
    assert scored.step("trigger") == 0
    assert scored.step("trigger") == 0
    assert len(receiver.requests) == 4  # the last run found the delivery done
    assert all(request["good"] for request in receiver.requests)
    assert len({request["identity"] for request in receiver.requests}) == 1
    assert list(receiver.started.values()) == [1]
    assert receiver.requests[0]["body"]["model_version"] == "3"
    assert receiver.requests[0]["body"]["idempotency_key"] == receiver.requests[0]["identity"]
    assert "Authorization" not in receiver.requests[0]["headers"]


def test_a_token_is_sent_where_there_is_one(scored: World, receiver: type[Receiver], tmp_path: Path) -> None:
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
    ("changed", "said"),
    [
        ({}, ""),
        ({"DELIVERY": '{"version":1}'}, "X-Dac-Signature is not that of this delivery by the key in the Secret"),
        ({"DELIVERY": "{"}, "the delivery cannot be read: "),
        ({"SIGNATURE": "sha256=é"}, "X-Dac-Signature is not that of this delivery by the key in the Secret `webhook`"),
        ({"TIMESTAMP": "1700000000"}, "X-Dac-Signature is not that of this delivery"),
        ({"NAME": "deploy-" + "0" * 40}, "its Idempotency-Key was changed"),
    ],
)  # fmt: skip
def test_the_examples_receiver_verifies_a_delivery(
    changed: dict[str, str], said: str, scored: World, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    receiver.failures = 0
    assert scored.step("trigger") == 0
    for name, value in {**_as_argo_events_hands_on(receiver.requests[0]), **changed}.items():
        monkeypatch.setenv(name, value)
    assert scored.step("verify_delivery") == (65 if said else 0)
    assert said in _said(capsys)


def test_an_old_delivery_is_taken_for_a_copy(
    scored: World, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.failures = 0
    assert scored.step("trigger") == 0
    for name, value in _as_argo_events_hands_on(receiver.requests[0]).items():
        monkeypatch.setenv(name, value)
    later = time.time() + 1000
    monkeypatch.setattr(time, "time", lambda: later)
    assert scored.step("verify_delivery") == 65
    assert _said(capsys).endswith(" s off and 900 are allowed: it may be a copy")


def test_a_receiver_that_refuses_the_signature_is_not_asked_again(
    scored: World, receiver: type[Receiver], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "webhook" / "key").write_bytes(b"another")
    assert scored.step("trigger") == 65
    assert len(receiver.requests) == 1
    assert _said(capsys) == "WEBHOOK: the receiver answered 401: it refuses the request; look at its key and path"


def test_a_receiver_that_stays_away_is_tried_again_later(
    scored: World, receiver: type[Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.failures = 99
    assert scored.step("trigger") == 75
    assert len(receiver.requests) == trigger.TRIES


def test_the_base_model_is_evaluated_before_there_is_any_checkpoint(
    scored: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN_ID", "u2")
    for name in ("steps", "suite"):
        shutil.copytree(scored.run.with_name("u1") / name, scored.run / name)
    assert scored.step("watch_evals", "--index", "0", "--step", str(tmp_path / "base")) == 0
    assert (tmp_path / "base").read_text() == "0\n"
    assert (scored.run / "evals" / "0" / "shards" / "0.jsonl").exists()


def test_the_evaluations_wait_ends_with_training(
    scored: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the checkpoints announced the first two came, then training was killed: the third wait ends at once."""
    steps = checkpoint.steps(settings.run().root)
    done = checkpoint.read(settings.run().root, steps[2])
    objects.remove(f"{checkpoint.address(settings.run().root, steps[2])}/{checkpoint.DONE}")
    waits = scored.start("watch_evals", "--index", "3", "--step", str(tmp_path / "third"))
    assert scored.step("watch_evals", "--index", "2", "--step", str(tmp_path / "second")) == 0
    assert (tmp_path / "second").read_text() == f"{steps[1]}\n"
    assert (scored.run / "evals" / str(steps[1]) / "shards" / "0.jsonl").exists()
    time.sleep(1)
    assert waits.poll() is None
    monkeypatch.setenv("STATUS", "Failed")
    assert scored.step("mark_end") == 0
    _, said = waits.communicate(timeout=120)
    assert (waits.returncode, (tmp_path / "third").read_text()) == (0, "none\n"), said
    objects.write_json(f"{checkpoint.address(settings.run().root, steps[2])}/{checkpoint.DONE}", done)
    checkpoint.reopen(settings.run().root)


def test_a_failed_run_says_why_and_keeps_its_whole_checkpoints_only(
    scored: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt has the last lines of the step that failed; a checkpoint cut short goes, whole ones stay."""
    run = settings.run()
    monkeypatch.setenv("STATUS", "Failed")
    monkeypatch.setenv("FAILURES", orjson.dumps([{"displayName": "promote", "message": "exit code 65"}]).decode())
    objects.write(f"{settings.run().root}/checkpoints/00000099/model.safetensors", b"half")
    tail = {"version": 1, "step": "promote", "exit_code": 65, "lines": ['{"message":"misses the threshold"}']}
    objects.write_json(f"{settings.run().root}/steps/promote.tail.json", tail)
    whole = checkpoint.steps(settings.run().root)
    assert scored.step("finish") == 0
    written = objects.read_json(f"{run.home}/receipts/q-1.json")
    assert written["failures"] == [
        {"node": "promote", "message": "exit code 65"},
        {"step": "promote", "exit_code": 65, "lines": ['{"message":"misses the threshold"}']},
    ]
    assert written["swept"] == [f"{settings.run().root}/checkpoints/00000099"]
    assert checkpoint.steps(settings.run().root) == whole
    told = {int(step): card["values"]["exact_match"] for step, card in written["scorecards"].items()}
    assert [told[step] for step in (checkpoint.BASE, *whole)] == [0.0, 0.25, 0.75, 0.5]
    assert {"project", "pipeline", "standard", "commit", "content", "template_content"} <= set(written)
    objects.remove(f"{settings.run().root}/steps/promote.tail.json")


class Relay(BaseHTTPRequestHandler):
    """What posts to Slack; keeps what it was sent."""

    told: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.told.append(orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def test_the_registry_and_slack_hear_how_a_run_ended(
    scored: World, mlflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    assert _promote(scored) == 0
    tail = {"version": 1, "step": "trigger", "exit_code": 75, "lines": ['{"message":"took none of 6 tries"}']}
    objects.write_json(f"{settings.run().root}/steps/trigger.tail.json", tail)
    Relay.told = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SLACK", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("NOTIFY", "#models")
    monkeypatch.setenv("STATUS", "Failed")
    assert scored.step("finish") == 0
    server.shutdown()
    server.server_close()
    objects.remove(f"{settings.run().root}/steps/trigger.tail.json")
    pipeline = os.environ["PIPELINE"]
    why = "trigger: took none of 6 tries"
    assert Relay.told == [{"channel": "#models", "text": f"p/{pipeline}: run q-1 failed. {why}"}]
    tags = MlflowClient(mlflow, mlflow).get_registered_model(f"p.{pipeline}").tags
    assert tags == {"dac.last_run": "q-1", "dac.last_status": "Failed", "dac.last_failure": why}


def test_checkpoints_go_when_their_time_is_over(scored: World) -> None:
    run, now = settings.run(), datetime.now(UTC)
    for name, days in (("old", 20), ("young", 3)):
        objects.write(f"{run.of(name)}/checkpoints/00000001/DONE", b"{}")
        value = {"run_id": name, "finished": (now - timedelta(days=days)).strftime(finish.STAMP)}
        objects.write_json(f"{run.home}/receipts/{name}.json", value)
    assert finish.sweep(run, 14, now) == [f"{run.of('old')}/checkpoints"]
    assert objects.exists(f"{run.of('young')}/checkpoints/00000001/DONE")
