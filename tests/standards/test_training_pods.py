"""What a size gives the pod that trains: GPU nodes, spot ones too, time for a last checkpoint, a volume for tokens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHOSEN = re.compile(r"\{\{=toJson\((.*)\[workflow\.parameters\.size\]\)\}\}", re.DOTALL)


def _patches(template: str) -> dict[str, Any]:
    """Return a template's podSpecPatch by size, as it is rendered."""
    spec = yaml.safe_load((ROOT / "standards/fine-tuning/v1/rendered.yaml").read_text())["spec"]
    text = next(each["podSpecPatch"] for each in spec["templates"] if each["name"] == template)
    sizes: dict[str, Any] = json.loads(CHOSEN.fullmatch(text)[1])  # type: ignore[index]
    return sizes


@pytest.mark.parametrize("size", ["medium", "large"])
def test_training_lands_on_gpus_with_a_volume_of_its_own(size: str) -> None:
    pod = yaml.safe_load((ROOT / "standards/catalog/sizes.yaml").read_text())[size]["pods"]["train"]
    patch = _patches("train")[size]
    work = next(volume for volume in patch["volumes"] if volume["name"] == "work")
    claim = work["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == pod["disk"]
    assert claim["storageClassName"]
    assert patch["nodeSelector"] == {"dac.dev/gpu": pod["gpu_kind"]}
    assert {taint["key"] for taint in patch["tolerations"]} == {"nvidia.com/gpu", "dac.dev/spot"}
    assert patch["terminationGracePeriodSeconds"] == 120
    assert patch["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == pod["gpu"]


def test_a_small_one_keeps_to_its_node() -> None:
    patch = _patches("train")["small"]
    assert next(volume for volume in patch["volumes"] if volume["name"] == "work")["emptyDir"] == {"sizeLimit": "8Gi"}
    assert "nvidia.com/gpu" not in patch["containers"][0]["resources"]["limits"]
