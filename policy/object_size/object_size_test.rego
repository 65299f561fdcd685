package rules.object_size_test

import data.lib.fixture
import data.rules.object_size

_messages(document) := fixture.messages(findings) if findings := object_size.findings with input as document

_map(name, entries) := {
	"path": "standards/platform/catalog/rendered/facts.yaml", "project": null, "kind": "ConfigMap", "name": name,
	"object": {"kind": "ConfigMap", "metadata": {"name": name, "labels": {"dac.dev/catalog": "models"}}, "data": entries},
}

_with(map) := fixture.set("/manifests/-", map)

# A text of some bytes.
_text(bytes) := concat("", ["x" | some _ in numbers.range(1, bytes)])

test_the_good_tree_is_let_be if _messages(fixture.accepted) == set()

test_a_template_with_a_catalog if {
	_messages(fixture.set(sprintf("%s/templates/1/container/env/0/value", [fixture.spec]), _text(200))) == {"object_size.template: the spec of template \"index-v1\" has 2153 bytes, over the limit of 2100, and Argo copies it into every run"}
}

test_a_full_map if {
	entries := {sprintf("model-%d", [i]): _text(90) | some i in numbers.range(10, 13)}
	_messages(_with(_map("catalog-models", entries))) == {"object_size.config_map: ConfigMap \"catalog-models\" has 392 bytes, over the limit of 380"}
}

test_an_entry_that_fits_no_variable if {
	_messages(_with(_map("catalog-models", {"wide": _text(121)}))) == {"object_size.variable: \"wide\" of ConfigMap \"catalog-models\" has 121 bytes, over the limit of 120 for a variable of a pod"}
}

test_what_is_no_fact_may_be_longer if _messages(_with(_map("alerts", {"alerts.yaml": _text(121)}))) == set()

test_bytes_are_counted_and_not_characters if {
	text := concat("", ["é" | some _ in numbers.range(1, 61)])
	_messages(_with(_map("catalog-models", {"wide": text}))) == {"object_size.variable: \"wide\" of ConfigMap \"catalog-models\" has 122 bytes, over the limit of 120 for a variable of a pod"}
}

test_a_key_that_no_map_may_have if {
	_messages(_with(_map("catalog-models", {"a b": "{}"}))) == {"object_size.key: \"a b\" cannot be a key of ConfigMap \"catalog-models\""}
}

# 100 shards of three tries more and the node around them, beside the task itself.
test_a_fan_out_of_too_many_nodes if {
	_messages(fixture.set("/standards/0/limits/max_shards", 1000)) == {"object_size.run: a run of index@v1 may have 5005 nodes and an object of 502483 bytes, over the limit of 400000"}
}
