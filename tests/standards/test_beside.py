"""Servers on a step's own pod: two runs of one machine never ask each other's, whatever ports they share."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from dac.cli._argo_tags import tag_answers

ROOT = Path(__file__).parents[2]
RUNS = ("7f1c9d52-0f7e-4c0e-9a55-3c1c4f0f2a10", "b0a3d1de-88a1-4a2c-8f51-6f2f9a7d4e02")


def served() -> list[Any]:
    """Return each template of the standards with a server beside its main container."""
    return [
        pytest.param(template, sidecar["args"], id=f"{folder.parent.name}-{template['name']}")
        for folder in sorted((ROOT / "standards").glob("*/v*"))
        for template in yaml.safe_load((folder / "rendered.yaml").read_text())["spec"]["templates"]
        for sidecar in template.get("sidecars", [])
        if "--port" in sidecar["args"]
    ]


def filled(text: str, uid: str) -> str:
    """Return a text of a run's pod, as Argo fills it in."""
    values = {"workflow.uid": uid, "inputs.parameters.shard": "0", "inputs.parameters.step": "10"}
    return str(tag_answers()(text, values))


@pytest.mark.parametrize(("template", "flags"), served())
def test_each_run_asks_its_own_server(template: dict[str, Any], flags: list[str]) -> None:
    given = next(each["value"] for each in template["container"]["env"] if each["name"] == "ENDPOINT_URL")
    flag = dict(pairwise(flags))
    for uid in RUNS:
        address = urlsplit(filled(given, uid))
        assert (address.hostname, address.path) == ("127.0.0.1", f"/{uid}")
        assert (str(address.port), f"/{uid}") == (filled(flag["--port"], uid), f"/{filled(flag['--prefix'], uid)}")
        assert 1024 < (address.port or 0) < 32768, "neither a privileged port nor one that Linux gives to clients"
    assert float(flag["--wait"]) > 0, "another run may have its port for a while"


def test_trainings_of_one_machine_have_ports_of_their_own() -> None:
    (template,) = [each.values[0] for each in served() if each.id == "fine-tuning-infer"]
    given = next(each["value"] for each in template["container"]["env"] if each["name"] == "ENDPOINT_URL")
    assert len({urlsplit(filled(given, uid)).port for uid in RUNS}) == len(RUNS)
