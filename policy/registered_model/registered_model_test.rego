package rules.registered_model_test

import data.lib.fixture
import data.rules.registered_model

_catalog := [
	{"op": "add", "path": "/catalog/served_models", "value": {
		"assistant": {"registry": {"model": "assistant"}},
		"weights": {"registry": {"alias": "champion"}},
	}},
	{"op": "add", "path": "/catalog/registered_models", "value": {
		"assistant": {"promote": [], "annotate": ["search/docs"]},
		"search.frozen": {"promote": [], "annotate": []},
		"other.shared": {"promote": ["other/shared"], "annotate": ["search/docs"]},
	}},
	{"op": "add", "path": "/whole", "value": false},
]

_tree(decisions) := json.patch(fixture.accepted, array.concat(_catalog, [{
	"op": "add", "path": "/projects/0/pipelines/docs",
	"value": object.union(fixture.accepted.projects[0].pipelines.docs, decisions),
}]))

_elsewhere(decisions) := json.patch(_tree(decisions), [{"op": "replace", "path": "/projects/0/name", "value": "other"}])

_annotate(model, project) := sprintf(
	"registered_model.annotate: pipeline \"docs\" would write its verdicts to the registered model \"%s\" and move its alias, which %s/docs may not",
	[model, project],
)

test_the_good_tree_is_let_be if {
	findings := registered_model.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_listed_pipeline_annotates if {
	findings := registered_model.findings with input as _tree({"endpoint": "assistant"})
	fixture.messages(findings) == set()
}

test_another_projects_pipeline_of_the_same_name if {
	findings := registered_model.findings with input as _elsewhere({"endpoint": "assistant"})
	fixture.messages(findings) == {_annotate("assistant", "other")}
}

test_weights_of_the_own_project if {
	findings := registered_model.findings with input as _tree({"endpoint": "weights", "weights": "search.train@candidate"})
	fixture.messages(findings) == set()
}

test_weights_of_another if {
	findings := registered_model.findings with input as _tree({"endpoint": "weights", "weights": "searches.train@candidate"})
	fixture.messages(findings) == {_annotate("searches.train", "search")}
}

test_weights_of_the_own_project_in_other_letters if {
	every model in {"search.FROZEN", "search.Frozen", "search.Train"} {
		findings := registered_model.findings with input as _tree({"endpoint": "weights", "weights": sprintf("%s@candidate", [model])})
		fixture.messages(findings) == {_annotate(model, "search")}
	}
}

test_weights_of_another_that_lists_it if {
	findings := registered_model.findings with input as _tree({"endpoint": "weights", "weights": "other.shared@candidate"})
	fixture.messages(findings) == set()
}

test_a_list_stands_in_place_of_the_name if {
	findings := registered_model.findings with input as _tree({"endpoint": "weights", "weights": "search.frozen@candidate"})
	fixture.messages(findings) == {_annotate("search.frozen", "search")}
}

_registers(tree, listed) := json.patch(tree, [
	{"op": "add", "path": "/standards/0/limits/registers", "value": true},
	{"op": "add", "path": "/catalog/registered_models/search.docs", "value": {"promote": listed, "annotate": []}},
])

test_registers_what_lists_it if {
	findings := registered_model.findings with input as _registers(_tree({}), ["search/docs"])
	fixture.messages(findings) == set()
}

test_registers_what_lists_others if {
	findings := registered_model.findings with input as _registers(_tree({}), ["platform/docs"])
	fixture.messages(findings) == {
		"registered_model.promote: pipeline \"docs\" would register versions of the model \"search.docs\", which others are listed to promote",
	}
}

test_registers_what_is_not_listed if {
	tree := json.patch(_registers(_tree({}), []), [{"op": "remove", "path": "/catalog/registered_models/search.docs"}])
	findings := registered_model.findings with input as tree
	fixture.messages(findings) == set()
}

# A name that is taken again gives another owner's project nothing.
_owned(tree, model, owners) := json.patch(tree, [{
	"op": "add", "path": sprintf("/catalog/registered_models/%s/owners", [model]), "value": owners,
}])

test_a_listed_pipeline_of_a_listed_owner if {
	findings := registered_model.findings with input as _owned(_tree({"endpoint": "assistant"}), "assistant", ["team-chat", "team-docs"])
	fixture.messages(findings) == set()
}

test_a_listed_pipeline_of_another_owner if {
	every owners in [["team-chat"], ["team-doc", "team-docs-2"], []] {
		findings := registered_model.findings with input as _owned(_tree({"endpoint": "assistant"}), "assistant", owners)
		fixture.messages(findings) == {_annotate("assistant", "search")}
	}
}

test_a_promoter_of_another_owner if {
	tree := _owned(_registers(_tree({}), ["search/docs"]), "search.docs", ["team-chat"])
	findings := registered_model.findings with input as tree
	fixture.messages(findings) == {
		"registered_model.promote: pipeline \"docs\" would register versions of the model \"search.docs\", which others are listed to promote",
	}
}

_gone := json.patch(_tree({}), [
	{"op": "replace", "path": "/catalog/registered_models/other.shared", "value": {
		"promote": ["search/docs", "other/shared"], "annotate": ["search/doc", "searches/docs"],
	}},
	{"op": "add", "path": "/catalog/registered_models/search.frozen/owners", "value": ["team-docs"]},
	{"op": "add", "path": "/catalog/registered_models/search.frozen/promote", "value": ["to/come"]},
	{"op": "add", "path": "/whole", "value": true},
])

_not_there(listed, right) := sprintf(
	"registered_model.not_there: the registered model \"other.shared\" lists %s under %s, which is not in this tree; whoever has a project of this name later may change the model",
	[listed, right],
)

test_what_is_listed_and_not_there_is_a_warning if {
	findings := registered_model.findings with input as _gone
	fixture.messages(findings) == {
		_not_there("other/shared", "promote"), _not_there("search/doc", "annotate"), _not_there("searches/docs", "annotate"),
	}
	every finding in findings { finding.severity == "warning" }
	{finding.pointer | some finding in findings} == {["other.shared", "promote", 1], ["other.shared", "annotate", 0], ["other.shared", "annotate", 1]}
}

test_a_check_of_some_projects_does_not_look_for_the_others if {
	findings := registered_model.findings with input as object.union(_gone, {"whole": false})
	fixture.messages(findings) == set()
}
