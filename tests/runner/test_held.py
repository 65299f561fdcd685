"""A workflow's file may bring along ConfigMaps and Secrets, whose values are text, in base64 or as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.run import Refused
from runner_harness import run_text, sources
from workflows import leaf, workflow

MAP = {"kind": "ConfigMap", "data": {"a": "plain", "b": "of data"}, "binaryData": {"c": "w6k="}}
SECRET = {"kind": "Secret", "data": {"a": "aGk=", "b": "aGk="}, "stringData": {"b": "over it"}}


def with_objects(*objects: dict[str, Any], **environment: Any) -> str:
    main = leaf("echo $A-$B-$C > /tmp/o", outputs={"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]})
    variables = [{"name": name, "valueFrom": value} for name, value in environment.items()]
    main["container"]["env"] = variables
    named = [{"apiVersion": "v1", "metadata": {"name": "held"}, **each} for each in objects]
    return f"{workflow([main])}---\n{yaml.safe_dump_all(named)}"


@pytest.mark.parametrize(
    ("held", "kind", "output"),
    [(MAP, "configMapKeyRef", "plain-of data-é"), (SECRET, "secretKeyRef", "hi-over it-")],
)
def test_their_values_reach_a_step(tmp_path: Path, held: dict[str, Any], kind: str, output: str) -> None:
    keys = {name: {kind: {"name": "held", "key": name.lower(), "optional": True}} for name in "ABC"}
    (node,) = run_text(with_objects(held, **keys), tmp_path)["nodes"]
    assert (node["phase"], node["parameters"]["o"]) == ("Succeeded", output)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (
            {"kind": "Secret", "data": {"a": "plain!"}},
            '"data.a" is not text in base64; encode it, or write it as it is',
        ),
        ({"kind": "ConfigMap", "binaryData": {"a": "/w=="}}, '"binaryData.a" is not text in base64'),
    ],
)
def test_what_is_not_text_in_base64_is_refused(held: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused) as refused:
        sources(with_objects(held))
    assert message in str(refused.value)
