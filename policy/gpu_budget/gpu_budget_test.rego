package rules.gpu_budget_test

import data.lib.fixture
import data.rules.gpu_budget

test_the_good_tree_is_let_be if {
	findings := gpu_budget.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_too_many if {
	findings := gpu_budget.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large")
	fixture.messages(findings) == {
		"gpu_budget.over_limit: team-docs asks for 4 GPUs by its pipelines (1 of them), over its budget of 2; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}

test_one_gpu_is_not_gpus if {
	sized := fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large")
	findings := gpu_budget.findings with input as json.patch(sized, [
		{"op": "remove", "path": "/catalog/owners/team-docs/budget"},
		{"op": "add", "path": "/catalog/sizes/large/pods/embed", "value": {"gpu": 1, "parallelism": 1}},
	])
	fixture.messages(findings) == {
		"gpu_budget.over_limit: team-docs asks for 1 GPU by its pipelines (1 of them), over its budget of 0; pipeline \"docs\" asks for 1 of them (size \"large\")",
	}
}

test_an_owner_without_a_budget if {
	findings := gpu_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "remove", "path": "/catalog/owners/team-docs/budget"}])
	fixture.messages(findings) == {
		"gpu_budget.over_limit: team-docs asks for 4 GPUs by its pipelines (1 of them), over its budget of 0; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}

test_an_unknown_owner_is_another_rules if {
	findings := gpu_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "remove", "path": "/catalog/owners/team-docs"}])
	fixture.messages(findings) == set()
}

_served(where) := json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [
	{"op": "add", "path": "/standards/0/limits/beside", "value": [object.union({"role": "serve"}, where)]},
	{"op": "add", "path": "/catalog/sizes/large/pods/embed/gpu", "value": 0},
	{"op": "add", "path": "/catalog/sizes/large/pods/serve", "value": {"gpu": 8, "parallelism": 2}},
])

_too_many := {"gpu_budget.over_limit: team-docs asks for 16 GPUs by its pipelines (1 of them), over its budget of 2; pipeline \"docs\" asks for 16 of them (size \"large\")"}

test_a_server_beside_the_pods_counts if {
	findings := gpu_budget.findings with input as _served({})
	fixture.messages(findings) == _too_many
}

test_a_server_that_an_argument_starts_counts_where_it_is_given if {
	findings := gpu_budget.findings with input as _served({"where": "source"})
	fixture.messages(findings) == _too_many
}

test_a_server_that_no_argument_starts_does_not_count if {
	empty := [{"op": "add", "path": sprintf("%s/workflowSpec/arguments/parameters/1/value", [fixture.cron]), "value": ""}]
	findings := gpu_budget.findings with input as json.patch(_served({"where": "source"}), empty)
	fixture.messages(findings) == set()
}
