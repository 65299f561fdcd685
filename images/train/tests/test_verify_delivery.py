"""The receiver's check, part by part: a project's key verifies its own deliveries, of this time, of its models."""

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
import verify_delivery
from runtime.errors import InputError
from trainer import signature

KEYS = {"search": b"search's", "other": b"other's", "search-2": b"search-2's"}
BODY = {"project": "search", "pipeline": "train", "model": "search.train", "idempotency_key": "0" * 64}
NAME = "deploy-" + "0" * 40


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    (folder / verify_delivery.KEYS).mkdir(parents=True)
    (folder / "webhook").mkdir()
    (folder / "webhook/key").write_text("the receiver's own")
    (tmp_path / "outside").write_text("a file of the machine")
    for project, key in KEYS.items():
        (folder / verify_delivery.KEYS / project).write_bytes(key)
    return folder


@pytest.mark.parametrize("project", list(KEYS))
def test_the_key_is_that_of_the_project(project: str, secrets: Path) -> None:
    assert verify_delivery.key_of({"project": project}, secrets) == KEYS[project]


@pytest.mark.parametrize(
    "project",
    [
        *(None, "", 1, True, ["search"], {"search": 1}, "..", ".", "/", "../webhook/key", "search/../../webhook/key"),
        *("search/../other", "search\n", "search ", " search", "Search", "search/", "search\0", "-search", "search-"),
        *("../../outside", "/etc/hostname", "search%2f..", "se\u0430rch", "search,other", "*"),
    ],
)
def test_what_names_no_project_has_no_key(project: Any, secrets: Path) -> None:
    """A name with a path in it would choose another Secret's file as the key."""
    with pytest.raises(InputError, match="the delivery names no project, whose key would verify it"):
        verify_delivery.key_of({"project": project}, secrets)


def test_a_project_without_a_key_has_none(secrets: Path) -> None:
    (secrets / verify_delivery.KEYS / "empty").write_text("\n")
    for project in ("third", "empty"):
        with pytest.raises(InputError, match=f"no key of project {project}"):
            verify_delivery.key_of({"project": project}, secrets)


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({}, True),
        ({"model": "search.other"}, False),
        ({"model": "other.train"}, False),
        ({"model": "search.frozen"}, False),
        ({"model": "search.FROZEN"}, False),
        ({"model": "docs-assistant"}, False),
        ({"model": "shared"}, True),
        ({"model": "annotated"}, False),
        ({"model": ""}, False),
        ({"model": None}, False),
        ({"pipeline": "other"}, False),
        ({"pipeline": None}, False),
        ({"project": "other"}, False),
        ({"project": "other", "model": "shared"}, False),
        ({"pipeline": "other", "model": "shared"}, False),
    ],
)
def test_a_model_is_deployed_by_who_registers_it(
    changed: dict[str, Any], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {
        "docs-assistant": {"promote": [], "annotate": ["search/train"]},
        "search.frozen": {"promote": [], "annotate": []},
        "shared": {"promote": ["search/train"], "annotate": []},
        "annotated": {"promote": ["other/x"], "annotate": ["search/train"]},
    }
    monkeypatch.setenv("REGISTERED_MODELS", orjson.dumps(listed).decode())
    delivery = {name: value for name, value in {**BODY, **changed}.items() if value is not None}
    if allowed:
        verify_delivery.check_model(delivery)
    else:
        with pytest.raises(InputError, match="may not deploy the registered model"):
            verify_delivery.check_model(delivery)


def verified(key: bytes, body: dict[str, Any], signing: bytes, sent: float, name: str = NAME) -> str:
    stamp = str(int(sent))
    signed = signature.sign(signing, stamp, signature.canonical(body))
    return verify_delivery.verify(key, body, signed, stamp, name, 900)


@pytest.mark.parametrize("seconds", [0, -890, 890])
def test_a_delivery_of_this_time(seconds: float) -> None:
    assert verified(KEYS["search"], BODY, KEYS["search"], time.time() + seconds) == "0" * 64


@pytest.mark.parametrize("seconds", [-1000, 1000, -(10**9), 10**9])
def test_a_delivery_of_another_time(seconds: float) -> None:
    """One from the future, which a sender's clock or hand dates so, would be a copy for good."""
    with pytest.raises(InputError, match="it may be a replay"):
        verified(KEYS["search"], BODY, KEYS["search"], time.time() + seconds)


def test_a_delivery_that_another_projects_key_signed() -> None:
    with pytest.raises(InputError, match="does not match this delivery and the key of project search"):
        verified(KEYS["search"], BODY, KEYS["other"], time.time())


@pytest.mark.parametrize(
    "name", ["deploy-", "deploy-1" + "0" * 39, "deploy-" + "0" * 41, "0" * 40, "", "Deploy-" + "0" * 40]
)
def test_a_delivery_under_another_name(name: str) -> None:
    with pytest.raises(InputError, match="its Idempotency-Key was changed"):
        verified(KEYS["search"], BODY, KEYS["search"], time.time(), name)
