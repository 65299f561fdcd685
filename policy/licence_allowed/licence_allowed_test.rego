package rules.licence_allowed_test

import data.lib.fixture
import data.rules.licence_allowed

_tree(facts) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/catalog/base_models", "value": {"tiny": facts}},
	{"op": "add", "path": "/catalog/licences", "value": {"MIT": {"commercial": true}, "Research": {"commercial": false}}},
	{"op": "add", "path": "/projects/0/pipelines/docs/base_model", "value": "tiny"},
])

test_the_good_tree_is_let_be if {
	findings := licence_allowed.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_allowed if {
	findings := licence_allowed.findings with input as _tree({"licence": "MIT"})
	fixture.messages(findings) == set()
}

test_research_only if {
	findings := licence_allowed.findings with input as _tree({"licence": "Research"})
	fixture.messages(findings) == {
		"licence_allowed.forbidden: pipeline \"docs\" starts from \"tiny\", whose licence Research forbids use in a product",
	}
}

test_not_looked_at if {
	findings := licence_allowed.findings with input as _tree({"licence": "Own"})
	fixture.messages(findings) == {
		"licence_allowed.unknown: pipeline \"docs\" starts from \"tiny\", whose licence (Own) is not in standards/catalog/licences.yaml",
	}
}

test_no_licence_is_none_that_was_looked_at if {
	findings := licence_allowed.findings with input as _tree({})
	fixture.messages(findings) == {
		"licence_allowed.unknown: pipeline \"docs\" starts from \"tiny\", whose licence (none) is not in standards/catalog/licences.yaml",
	}
}

test_a_model_that_is_not_there_is_anothers if {
	tree := json.patch(_tree({"licence": "Own"}), [{"op": "remove", "path": "/catalog/base_models/tiny"}])
	findings := licence_allowed.findings with input as tree
	fixture.messages(findings) == set()
}
