package rules.packed_family_test

import data.lib.fixture
import data.rules.packed_family

_tree(family, training, packing) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/catalog/base_models", "value": {"tiny": object.union({"architecture": {"family": family}}, training)}},
	{"op": "add", "path": "/catalog/sizes/small/settings/index/packing", "value": packing},
	{"op": "add", "path": "/projects/0/pipelines/docs/base_model", "value": "tiny"},
])

_leaks := {"packed_family.leaks: pipeline \"docs\" starts from \"tiny\", of the family mamba2, which does not keep the rows of a pack apart"}

test_the_good_tree_is_let_be if {
	findings := packed_family.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_family_that_leaks_is_not_packed if {
	findings := packed_family.findings with input as _tree("mamba2", {}, true)
	fixture.messages(findings) == _leaks
}

test_the_model_decides_before_the_size if {
	findings := packed_family.findings with input as _tree("mamba2", {"training": {"packing": true}}, false)
	fixture.messages(findings) == _leaks
}

test_it_may_be_trained_without_packs if {
	findings := packed_family.findings with input as _tree("mamba2", {"training": {"packing": false}}, true)
	fixture.messages(findings) == set()
}

test_a_size_that_does_not_pack if {
	findings := packed_family.findings with input as _tree("mamba2", {}, false)
	fixture.messages(findings) == set()
}

test_a_family_that_keeps_rows_apart if {
	findings := packed_family.findings with input as _tree("llama", {}, true)
	fixture.messages(findings) == set()
}

test_a_model_without_an_architecture_is_anothers_finding if {
	tree := json.patch(_tree("mamba2", {}, true), [{"op": "remove", "path": "/catalog/base_models/tiny/architecture"}])
	findings := packed_family.findings with input as tree
	fixture.messages(findings) == set()
}
