package rules.parallelism_budget_test

import data.lib.fixture
import data.rules.parallelism_budget

test_the_good_tree_is_let_be if {
	findings := parallelism_budget.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_just_enough if {
	findings := parallelism_budget.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large")
	fixture.messages(findings) == set()
}

test_a_size_that_does_not_say if {
	findings := parallelism_budget.findings with input as fixture.without("/catalog/sizes/small/pods/embed")
	fixture.messages(findings) == {
		"parallelism_budget.uncounted: size \"small\" of pipeline \"docs\" says nothing of the pods \"embed\" that index@v1 counts",
	}
}

test_no_size if {
	findings := parallelism_budget.findings with input as fixture.without(sprintf("%s/workflowSpec/arguments/parameters/0", [fixture.cron]))
	fixture.messages(findings) == {
		"parallelism_budget.uncounted: size \"\" of pipeline \"docs\" says nothing of the pods \"embed\" that index@v1 counts",
	}
}

test_two_pipelines_together if {
	findings := parallelism_budget.findings with input as json.patch(fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "large"), [{"op": "add", "path": "/manifests/-", "value": object.union(fixture.accepted.manifests[0], {"object": {"metadata": {"name": "more"}}})}])
	fixture.messages(findings) == {
		"parallelism_budget.over_limit: team-docs asks for 6 pods at a time by its pipelines (2 of them), over its budget of 4; pipeline \"docs\" asks for 4 of them (size \"large\")",
	}
}
