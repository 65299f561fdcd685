package rules.parallelism_budget_test

import data.lib.fixture
import data.rules.parallelism_budget

test_the_good_tree_is_let_be if {
	found := parallelism_budget.findings with input as fixture.good
	fixture.told(found) == set()
}

test_just_enough if {
	found := parallelism_budget.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large")
	fixture.told(found) == set()
}

test_two_pipelines_together if {
	found := parallelism_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "add", "path": "/manifests/-", "value": object.union(fixture.good.manifests[0], {"object": {"metadata": {"name": "more"}}})}])
	fixture.told(found) == {
		"parallelism_budget.over_limit: team-docs asks for 6 pods at a time by its pipelines (2 of them), over its budget of 4; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}
