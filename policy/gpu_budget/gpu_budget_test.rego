package rules.gpu_budget_test

import data.lib.fixture
import data.rules.gpu_budget

test_the_good_tree_is_let_be if {
	found := gpu_budget.findings with input as fixture.good
	fixture.told(found) == set()
}

test_too_many if {
	found := gpu_budget.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large")
	fixture.told(found) == {
		"gpu_budget.over_limit: team-docs asks for 4 GPUs by its pipelines (1 of them), over its budget of 2; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}

test_an_owner_without_a_budget if {
	found := gpu_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "remove", "path": "/catalog/owners/team-docs/budget"}])
	fixture.told(found) == {
		"gpu_budget.over_limit: team-docs asks for 4 GPUs by its pipelines (1 of them), over its budget of 0; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}

test_an_unknown_owner_is_another_rules if {
	found := gpu_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "remove", "path": "/catalog/owners/team-docs"}])
	fixture.told(found) == set()
}
