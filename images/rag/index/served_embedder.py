"""A sentence embedding model behind an endpoint (OpenAI's /v1/embeddings, or TEI's /embed): texts in, vectors out.

Catalog models with `api` are such. EMBEDDER_URL is the endpoint's address, the Secret `embedder-<model>` may hold a
`token`. Requests hold `batch` texts, `concurrency` of them are under way at once. What does not answer, or is told to
wait, is asked again with longer pauses. The tokenizer alone is local: it cuts documents and counts what is paid for.
"""

from __future__ import annotations

import base64
import functools
import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from runtime import objects, settings, waiting, webhook
from runtime.errors import InputError, TryAgain
from runtime.settings import Run
from runtime.words import plural

from index.chunker import tokenizer
from index.embedder import TextEmbedder

PROBES = (
    "The tide is the rise and fall of the sea.",
    "def leave(loop): break",
    "Wie verlasse ich eine Schleife vorzeitig?",
    "二〇二四年五月一日",
    "1984-12-31T23:59:59Z  -40.5 %",
)
ALIKE = 0.999  # cosine to a probe's first vector; batches and half precision move it by less than 0.0005
_TRIES, _LONGEST_PAUSE = 6, 30.0
_PASSING = {408, 409, 425, 429, 500, 502, 503, 504}


class ServedEmbedder(TextEmbedder):
    """A model that an endpoint serves; it is used as index.embedder.Embedder is.

    Args:
        folder: of the model's tokenizer.
        facts: the catalog's of the model.

    Attributes:
        tokens: of the texts that were sent, by the local tokenizer, where the endpoint does not count them.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.folder, self.facts, self.tokens = folder, facts, 0
        self.tokenizer = tokenizer(folder)
        self.tokenizer.enable_truncation(facts["max_tokens"])
        self._url, self._token = settings.text("EMBEDDER_URL", "").rstrip("/"), settings.secret("embedder", "token")
        self._lock = threading.Lock()
        if not self._url:
            raise InputError("the model is served by an endpoint, and EMBEDDER_URL has no address of it")

    def _embed(self, texts: list[str]) -> np.ndarray:
        if not texts:
            return np.empty((0, self.facts["dimension"]), np.float32)
        size = int(self.facts["batch"])
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        with ThreadPoolExecutor(min(len(batches), int(self.facts["concurrency"])), "ask") as asking:
            vectors = np.concatenate(list(asking.map(self._batch, batches)))
        if self.facts.get("normalise", True):
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    def _batch(self, texts: list[str]) -> np.ndarray:
        if self.facts["api"] == "tei":
            self._check_revision()
            rows, used = self._asked("/embed", {"inputs": texts, "normalize": False, "truncate": True}), None
        else:
            model = self.facts["model"]
            answer = self._asked("/v1/embeddings", {"model": model, "input": texts, "encoding_format": "float"})
            rows, used = self._of_openai(answer, len(texts))
        vectors = self._checked(rows, len(texts))
        with self._lock:
            self.tokens += used or sum(len(each.ids) for each in self.tokenizer.encode_batch(texts))
        return vectors

    def _of_openai(self, answer: Any, count: int) -> tuple[Any, int | None]:
        """Return the vectors of an answer in the order of its texts, and the tokens that it counts.

        Raises:
            InputError: it is another model's, or does not say which vector is which text's.
        """
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise InputError(f"{self._url} gives no vectors: {str(answer)[:300]}")
        model = self.facts["model"]
        if (given := answer.get("model") or model) != model:
            raise InputError(f"{self._url} gives vectors of the model {given!r}, and the catalog says {model!r}")
        indexes = [row.get("index", number) for number, row in enumerate(data)]
        # By their text: an answer may hold anything, such as a list, which a dict does not take as a key.
        rows = {str(index): row.get("embedding") for index, row in zip(indexes, data, strict=True)}
        wanted = [str(number) for number in range(len(data))]
        if rows.keys() != set(wanted):
            raise InputError(f"{self._url} gives vectors of the texts {indexes}, and was asked for {count}, from 0 on")
        usage = answer.get("usage")
        used = usage.get("prompt_tokens") if isinstance(usage, dict) else None
        return [rows[number] for number in wanted], used if isinstance(used, int) else None

    def _checked(self, rows: Any, count: int) -> np.ndarray:
        """Return vectors, float32[count, dimension].

        Raises:
            InputError: they are others than was asked for.
        """
        try:
            rows = [_numbers(row) for row in rows]
            lengths = {len(row) for row in rows}
        except (TypeError, ValueError) as error:
            raise InputError(f"{self._url} gives vectors that are not lists of numbers: {error}") from error
        if len(rows) != count or lengths != {self.facts["dimension"]}:
            shape = f"{plural(len(rows), 'vector')} of dimension {' and '.join(map(str, sorted(lengths)))}"
            wanted = f"the catalog says dimension {self.facts['dimension']}"
            raise InputError(f"{self._url} gives {shape} for {plural(count, 'text')}; {wanted}")
        vectors = np.asarray(rows, np.float32)
        if not (np.isfinite(vectors).all() and vectors.any(axis=1).all()):
            raise InputError(f"{self._url} gives vectors that are not numbers, or are nothing but zeros")
        return vectors

    @functools.lru_cache(maxsize=1)  # noqa: B019 - an embedder lives as long as its program
    def _check_revision(self) -> None:
        """Refuse a server of Text Embeddings Inference that serves another revision than the catalog's."""
        facts = self._asked("/info", None)
        served = facts.get("model_sha") if isinstance(facts, dict) else None
        if served and served != self.facts["revision"]:
            raise InputError(f"{self._url} serves revision {served}, and the catalog says {self.facts['revision']}")

    def _asked(self, path: str, body: Any) -> Any:
        """Return the endpoint's answer.

        Raises:
            InputError: it refuses the request.
            TryAgain: it did not answer in some minutes.
        """
        why = ""
        for number in range(_TRIES):
            try:
                return self._answer(path, body)
            except urllib.error.HTTPError as error:
                why = f"{error.code} {_message(error)}"
                pause = waiting.pause(error.headers.get("Retry-After", ""), time.time())
                if error.code not in _PASSING:
                    raise InputError(f"{self._url}{path} refuses the request: {why}") from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                why, pause = f"no answer: {error}", 0.0
            if number + 1 < _TRIES:
                time.sleep(min(_LONGEST_PAUSE, pause or random.uniform(0.5, 1.0) * 2**number))
        raise TryAgain(f"{self._url}{path}: {why}")

    def _answer(self, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        sent = None if body is None else orjson.dumps(body)
        request = urllib.request.Request(self._url + path, sent, headers)
        with webhook.opened(request, self.facts["request_seconds"]) as response:
            data = response.read()
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return json.loads(data)  # takes NaN, for which nobody needs to ask again


def hold(embedder: Any, run: Run, fingerprint: str, *, first: bool = False) -> None:
    """Refuse an endpoint whose vectors are not those that the index of a fingerprint was made with.

    The vectors of a few texts are kept with the pipeline when the first document is embedded. A model in a folder is
    held by its digest, and is let pass.

    Args:
        embedder: what embeds.
        run: of the pipeline.
        fingerprint: of the index.
        first: whether this step may be the one that keeps them.

    Raises:
        InputError: another model answers.
    """
    if not isinstance(embedder, ServedEmbedder):
        return
    address = f"{run.home}/probes/{fingerprint[:12]}.json"
    kept = objects.exists(address)
    if not (kept or first):
        return
    vectors = embedder.documents(PROBES)
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    if not kept:
        objects.write_json(address, {"version": 1, "vectors": vectors.tolist()})
        return
    former = np.asarray(objects.read_json(address)["vectors"], np.float32)
    least = float((vectors * former).sum(axis=1).min()) if former.shape == vectors.shape else 0.0
    if least < ALIKE:
        raise InputError(
            f"the model's endpoint gives other vectors than this index was made with (cosine {least:.3f} of a probe): "
            "another model is served under its name. Have the former one served, or write the new one's `revision` "
            "into catalog/models.yaml: the next run then builds a new index"
        )


def _numbers(row: Any) -> np.ndarray:
    """Return a vector: a list of numbers, or float32 in base64, which some servers send whatever they are asked for.

    Raises:
        TypeError, ValueError: it is neither.
    """
    if isinstance(row, str):
        return np.frombuffer(base64.b64decode(row, validate=True), "<f4")
    if not isinstance(row, list):
        raise TypeError(f"{type(row).__name__} in place of a vector")
    return np.asarray(row, np.float32)


def _message(error: urllib.error.HTTPError) -> str:
    with error:
        text = error.read(4096).decode("utf-8", "replace")
    try:
        body = json.loads(text)
        detail = body.get("error", body) if isinstance(body, dict) else body
        return str(detail.get("message", detail) if isinstance(detail, dict) else detail)[:300]
    except ValueError:
        return text[:300]
