"""The admission policy's word on registered models, evaluated offline: what a pipeline may annotate and promote."""

from __future__ import annotations

from typing import Any

import cel
import pytest
import yaml
from dac.model.cel import compile_cel
from subjects import ROOT

RENDERED = ROOT / "standards/platform/rendered/admission-pipelines.yaml"
POLICY = next(each for each in yaml.safe_load_all(RENDERED.read_text()) if each["kind"] == "ValidatingAdmissionPolicy")
LISTED = {"docs-assistant": ["search/docs"], "search.frozen": [], "other.shared": ["search/docs"]}
SERVED = {"assistant": "docs-assistant"}
# What CEL's own library lacks and Kubernetes' has; `split` takes no pattern there either.
LIBRARY = {"lowerAscii": str.lower, "split": str.split}


def computed(name: str, held: dict[str, Any], namespace: str) -> Any:
    """Return the value of a variable of the policy, given those that it reads."""
    (expression,) = (each["expression"] for each in POLICY["spec"]["variables"] if each["name"] == name)
    metadata = {"metadata": {"namespace": namespace, "name": "docs"}}
    return compile_cel(expression).execute(cel.Context({"variables": held, "object": metadata}, LIBRARY))


def foreign(namespace: str, **arguments: str) -> list[str]:
    parameters = [{"name": name, "value": value} for name, value in arguments.items()]
    annotated = computed("annotated", {"parameters": parameters, "served": SERVED}, namespace)
    held = {"annotated": annotated, "mayannotate": LISTED, "self": f"{namespace}/docs"}
    return list(computed("foreign", held, namespace))


@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "assistant"},
        {"endpoint": "nothing", "weights": ""},
        {"weights": "search.docs@candidate"},
        {"weights": "search.train@champion"},
        {"weights": "docs-assistant@x"},
        {"weights": "other.shared@x"},
    ],
)
def test_a_model_of_its_own_or_one_that_lists_it(arguments: dict[str, str]) -> None:
    assert foreign("search", **arguments) == []


@pytest.mark.parametrize(
    ("namespace", "weights"),
    [
        *(
            ("search", f"{model}@x")
            for model in ("search.frozen", "search.FROZEN", "Search.frozen", "search.Train", "SEARCH.train")
        ),
        *(
            ("search", f"{model}@x")
            for model in ("Docs-Assistant", "DOCS-ASSISTANT", "docs-assistant.v2", "docs", "assistant")
        ),
        *(
            ("search", f"{model}@x")
            for model in ("other.train", "searches.train", "search-docs.train", "search", "search-2.x")
        ),
        *(("search", f"{model}@x") for model in ("other.Shared", "x.search.docs", "other.search.docs", "s.docs", "se")),
        *(
            ("other", f"{model}@x")
            for model in ("search.docs", "other.shared", "docs-assistant", "search.frozen", "OTHER.docs")
        ),
        *(("docs", f"{model}@x") for model in ("docs-assistant", "docsx.a", "doc.s", "Docs.train")),
        *(("search", f"{model}") for model in ("docs-assistant.x", "search.frozen", "other.train")),
        *(("search", f"{model}") for model in ("search.frozen@x@search.docs", "other.train@search.docs@x")),
    ],
)
def test_a_model_of_another(namespace: str, weights: str) -> None:
    assert foreign(namespace, weights=weights) == [weights.split("@")[0]]


def test_the_served_model_and_the_weights_are_both_looked_at() -> None:
    assert foreign("other", endpoint="assistant", weights="search.train@x") == ["docs-assistant", "search.train"]


@pytest.mark.parametrize(
    ("namespace", "listed", "taken"),
    [
        ("search", {}, []),
        ("search", {"search.docs": ["search/docs"]}, []),
        ("search", {"search.docs": []}, ["search.docs"]),
        ("search", {"search.docs": ["other/docs"]}, ["search.docs"]),
    ],
)
def test_a_model_that_others_promote(namespace: str, listed: dict[str, list[str]], taken: list[str]) -> None:
    template = {"template": "fine-tuning-v1", "registering": ["fine-tuning-v1"]}
    registered = computed("registered", template, namespace)
    assert registered == ["search.docs"]
    held = {"registered": registered, "maypromote": listed, "self": f"{namespace}/docs"}
    assert list(computed("taken", held, namespace)) == taken
    assert computed("registered", {**template, "template": "rag-indexing-v1"}, namespace) == []
