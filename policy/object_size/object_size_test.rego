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

test_a_key_that_leads_up if {
	{finding.code | some finding in object_size.findings} == {"object_size.key"} with input as _with(_map("catalog-models", {"..": "{}", "..a": "{}"}))
	{finding.code | some finding in object_size.findings} == set() with input as _with(_map("catalog-models", {".a": "{}", "a..b": "{}"}))
}

test_an_address_that_fits_no_variable if {
	_messages(_with(_map("endpoints", {"objects": _text(121)}))) == {"object_size.variable: \"objects\" of ConfigMap \"endpoints\" has 121 bytes, over the limit of 120 for a variable of a pod"}
}

# What is large, as the document says.
_large(kind, more) := _with(object.union(_map("search", {}), object.union({"kind": kind, "object": {}}, more)))

test_an_argument_that_fits_no_variable if {
	arguments := {"parameters": [{"name": "size", "value": "small"}, {"name": "source", "value": _text(121)}]}
	document := _large("CronWorkflow", {"project": "docs", "bytes": 300, "object": {"spec": {"workflowSpec": {"arguments": arguments}}}})
	_messages(document) == {"object_size.argument: argument \"source\" of docs/search has 121 bytes, over the limit of 120 for a variable of a pod"}
}

test_a_variable_that_no_program_gets if {
	template := {"spec": {"templates": [{"container": {"env": [{"name": "STORES", "value": _text(121)}, {"name": "B", "valueFrom": {}}]}}]}}
	_messages(_large("WorkflowTemplate", {"bytes": 300, "object": template})) == {"object_size.literal: the variable \"STORES\" of WorkflowTemplate \"search\" has 121 bytes, over the limit of 120: its program would not start"}
}

test_an_object_that_no_cluster_keeps if {
	_messages(_large("NetworkPolicy", {"bytes": 1001})) == {"object_size.object: NetworkPolicy \"search\" has 1001 bytes, over the limit of 1000"}
	_messages(_large("NetworkPolicy", {"bytes": 1000})) == set()
}

test_a_run_of_too_many_nodes if {
	_messages(fixture.set("/standards/0/nodes", 5005)) == {"object_size.run: a run of index@v1 may have 5005 nodes and an object of 502483 bytes, over the limit of 400000"}
}

# 526 nodes of 760 bytes are over the limit, and Argo compresses them before they are in its way.
test_a_run_of_fewer_nodes_than_are_packed if _messages(fixture.set("/standards/0/nodes", 526)) == set()
