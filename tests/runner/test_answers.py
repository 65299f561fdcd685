"""A run that would wait for a person goes on with what was given before it: --resume and --supply."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from dac import run
from dac.run import Answers, Refused
from runner_harness import run_text, sources
from workflows import leaf, workflow


def asking(*parameters: str, default: str | None = None, duration: str = "") -> str:
    extra = {} if default is None else {"default": default}
    outputs = [{"name": name, "valueFrom": {"supplied": {}, **extra}} for name in parameters]
    ask = {"name": "ask", "suspend": {"duration": duration} if duration else {}, "outputs": {"parameters": outputs}}
    value = " ".join(f"{{{{steps.ask.outputs.parameters.{name}}}}}" for name in parameters) or "resumed"
    say = {"name": "say", "template": "leaf", "arguments": {"parameters": [{"name": "text", "value": value}]}}
    steps = {"name": "main", "steps": [[{"name": "ask", "template": "ask"}], [say]]}
    return workflow([steps, ask, leaf("true", "leaf", inputs={"parameters": [{"name": "text"}]})])


def answered(text: str, tmp_path: Path, answers: Answers) -> dict[str, Any]:
    source, documents, images = sources(text, answers=answers)
    given = run.of_objects([document.data for document in documents], "default")
    state, _ = run.run(source, run.Request(tmp_path, given, images, name="w", answers=answers))
    return run.result(state)


@pytest.mark.parametrize(
    ("text", "answers", "text_seen"),
    [
        (asking(), Answers(resume=True), "resumed"),
        (asking("approve"), Answers(supplied={"approve": "YES"}), "YES"),
        (asking("approve"), Answers(supplied={"ask.approve": "a b"}), "a b"),
        (asking("approve"), Answers(supplied={"ask.approve": "own", "approve": "any"}), "own"),
        (asking("approve", "why"), Answers(supplied={"approve": "YES", "why": ""}), "YES "),
        (asking("approve", "why", default="-"), Answers(resume=True, supplied={"approve": "YES"}), "YES -"),
        (asking("approve", default="-"), Answers(resume=True), "-"),
        (asking("approve", duration="1h"), Answers(resume=True, supplied={"approve": "YES"}), "YES"),
        (asking("approve", duration="100ms"), Answers(supplied={"approve": '"quoted" {{x}}'}), '"quoted" {{x}}'),
    ],
)
def test_a_run_goes_on_with_what_is_given(text: str, answers: Answers, text_seen: str, tmp_path: Path) -> None:
    record = answered(text, tmp_path, answers)
    nodes = {node["displayName"]: node for node in record["nodes"]}
    assert (record["phase"], nodes["ask"]["phase"]) == ("Succeeded", "Succeeded"), record
    assert nodes["say"]["inputs"] == {"text": text_seen}


@pytest.mark.parametrize(
    ("text", "answers", "message"),
    [
        (asking(), Answers(), "let it go on at once with --resume"),
        (asking("approve"), Answers(), "give it before the run with --supply approve=VALUE"),
        (asking("approve"), Answers(resume=True), "give it before the run with --supply approve=VALUE"),
        (asking("approve", default="-"), Answers(), "let it go on at once with --resume"),
        (asking("approve"), Answers(supplied={"consent": "YES"}), 'no template has an output "consent"'),
        (
            asking("approve"),
            Answers(supplied={"say.approve": "YES"}),
            'no template has an output "say.approve"',
        ),
    ],
)
def test_what_would_wait_is_refused_with_what_to_give(text: str, answers: Answers, message: str) -> None:
    with pytest.raises(Refused) as refused:
        sources(text, answers=answers)
    assert message in str(refused.value)


@pytest.mark.parametrize("outputs", [None, {"parameters": None}, {"parameters": [{"name": "o", "valueFrom": None}]}])
def test_a_null_in_what_a_person_supplies_is_nothing(tmp_path: Path, outputs: object) -> None:
    ask = {"name": "main", "suspend": {"duration": "0"}, "outputs": outputs}
    with contextlib.suppress(Refused):
        assert run_text(workflow([ask], tmp_path), tmp_path / "state")["phase"] in ("Succeeded", "Failed", "Error")
