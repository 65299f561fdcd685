"""finish: the receipt, the registry's and Slack's note, and which checkpoints go."""

import os
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import finish
import orjson
import pytest
from runtime import objects, receipt, settings
from support import LocalRun, promote
from trainer import checkpoint


def test_a_failed_run_says_why_and_keeps_its_whole_checkpoints_only(
    scored: LocalRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt has the last lines of the step that failed; a checkpoint cut short goes, whole ones stay."""
    run = settings.run()
    monkeypatch.setenv("STATUS", "Failed")
    monkeypatch.setenv("FAILURES", orjson.dumps([{"displayName": "promote", "message": "exit code 65"}]).decode())
    objects.write(f"{scored.root}/checkpoints/00000099/model.safetensors", b"half")
    tail = {"version": 1, "step": "promote", "exit_code": 65, "lines": ['{"message":"misses the threshold"}']}
    objects.write_json(f"{scored.root}/steps/promote.tail.json", tail)
    whole = checkpoint.steps(scored.root)
    assert scored.step("finish") == 0
    written = objects.read_json(f"{run.home}/receipts/q-1.json")
    assert written["failures"] == [
        {"step": "promote", "message": "exit code 65"},
        {"step": "promote", "exit_code": 65, "lines": ['{"message":"misses the threshold"}']},
    ]
    assert written["results"]["swept"] == [f"{scored.root}/checkpoints/00000099"]
    assert checkpoint.steps(scored.root) == whole
    values = {int(step): card["values"]["exact_match"] for step, card in written["results"]["scorecards"].items()}
    assert [values[step] for step in (checkpoint.BASE, *whole)] == [0.0, 0.25, 0.75, 0.5]
    assert {"project", "pipeline", "standard", "commit", "content", "template_content"} <= set(written)
    objects.remove(f"{scored.root}/steps/promote.tail.json")


class Relay(BaseHTTPRequestHandler):
    """What posts to Slack; keeps what it was sent."""

    messages: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.messages.append(orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def test_the_registry_and_slack_hear_how_a_run_ended(
    scored: LocalRun, mlflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    assert promote(scored) == 0
    tail = {"version": 1, "step": "trigger", "exit_code": 75, "lines": ['{"message":"took none of 6 tries"}']}
    objects.write_json(f"{scored.root}/steps/trigger.tail.json", tail)
    Relay.messages = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SLACK", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("NOTIFY", "#models")
    monkeypatch.setenv("STATUS", "Failed")
    assert scored.step("finish") == 0
    server.shutdown()
    server.server_close()
    objects.remove(f"{scored.root}/steps/trigger.tail.json")
    pipeline = os.environ["PIPELINE"]
    why = "trigger: took none of 6 tries"
    text = (
        f"p/{pipeline}: run q-1 failed in trigger with exit code 75: took none of 6 tries\n"
        "| info: took none of 6 tries\n"
        "still served: not known\n"
        f"look: dac status --cluster p/{pipeline}\n"
        "      dac logs --cluster p/q-1"
    )
    assert [(each["channel"], each["text"]) for each in Relay.messages] == [("#models", text)]
    tags = MlflowClient(mlflow, mlflow).get_registered_model(f"p.{pipeline}").tags
    assert tags == {"dac.last_run": "q-1", "dac.last_status": "Failed", "dac.last_failure": why}


def test_checkpoints_go_when_their_time_is_over(scored: LocalRun) -> None:
    run, now = settings.run(), datetime.now(UTC)
    for name, days in (("old", 20), ("young", 3)):
        objects.write(f"{run.of(name)}/checkpoints/00000001/DONE", b"{}")
        value = {"run_id": name, "finished": (now - timedelta(days=days)).strftime(receipt.STAMP)}
        objects.write_json(f"{run.home}/receipts/{name}.json", value)
    assert finish.sweep(run, 14, now) == [f"{run.of('old')}/checkpoints"]
    assert objects.exists(f"{run.of('young')}/checkpoints/00000001/DONE")
