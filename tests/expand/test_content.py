"""Content hashes: they change with what a manifest says, and with nothing else."""

from __future__ import annotations

from dac.expand.content import annotated, content_hash

MANIFEST = {
    "metadata": {"name": "a", "labels": {"l": "1"}},
    "spec": {
        "arguments": {"parameters": [{"name": "size", "value": "small"}, {"name": "content", "value": ""}]},
        "env": [{"name": "TEMPLATE_CONTENT", "value": ""}],
    },
}


def test_known_value() -> None:
    """A receipt of last year must still compare: the way to the hash is part of the contract."""
    assert content_hash(MANIFEST) == "sha256:d3252c785f54ab70d1adbe59982dad761ef59a571ebc01c86c3a59d07954d423"


def test_what_carries_the_hash_is_not_in_it() -> None:
    content = content_hash(MANIFEST)
    carried = annotated(MANIFEST, content)
    carried["spec"] = {
        "arguments": {"parameters": [{"name": "size", "value": "small"}, {"name": "content", "value": content}]},
        "env": [{"name": "TEMPLATE_CONTENT", "value": content}],
    }
    assert carried["metadata"]["annotations"] == {"dac.dev/content": content}
    assert content_hash(carried) == content


def test_the_order_of_keys_is_not_in_it_and_every_value_is() -> None:
    assert content_hash(dict(reversed(MANIFEST.items()))) == content_hash(MANIFEST)
    other = {**MANIFEST, "metadata": {"name": "a", "labels": {"l": 1}}}
    assert content_hash(other) != content_hash(MANIFEST)
    noted = {**MANIFEST, "metadata": {"name": "a", "labels": {"l": "1"}, "annotations": {"other": "x"}}}
    assert content_hash(noted) != content_hash(MANIFEST)
