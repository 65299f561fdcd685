package rules.gpu_hours_test

import data.lib.fixture
import data.rules.gpu_hours

_large := [
	{"op": "add", "path": sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "value": "large"},
	{"op": "add", "path": "/catalog/sizes/large/pods/embed/deadline_seconds", "value": 7200},
]

test_the_good_tree_is_let_be if {
	findings := gpu_hours.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_each_night_counts_up_to_its_deadline if {
	findings := gpu_hours.findings with input as json.patch(fixture.accepted, _large)
	fixture.messages(findings) == {
		"gpu_hours.over_limit: team-docs may take 240 GPU hours in 30 days, over its budget of 0; pipeline \"docs\" may take 240 of them (size \"large\")",
	}
}

test_started_by_hand_counts_once if {
	findings := gpu_hours.findings with input as json.patch(fixture.accepted, array.concat(_large, [
		{"op": "add", "path": sprintf("%s/suspend", [fixture.cron]), "value": true},
		{"op": "add", "path": "/catalog/owners/team-docs/budget/gpu_hours", "value": 7},
	]))
	fixture.messages(findings) == {
		"gpu_hours.over_limit: team-docs may take 8 GPU hours in 30 days, over its budget of 7; pipeline \"docs\" may take 8 of them (size \"large\")",
	}
}

test_within_the_budget if {
	findings := gpu_hours.findings with input as json.patch(fixture.accepted, array.concat(_large, [
		{"op": "add", "path": "/catalog/owners/team-docs/budget/gpu_hours", "value": 240},
	]))
	fixture.messages(findings) == set()
}

test_a_server_beside_the_pods_counts if {
	findings := gpu_hours.findings with input as json.patch(fixture.accepted, array.concat(_large, [
		{"op": "add", "path": "/catalog/owners/team-docs/budget/gpu_hours", "value": 240},
		{"op": "add", "path": "/standards/0/limits/beside", "value": [{"role": "serve"}]},
		{"op": "add", "path": "/catalog/sizes/large/pods/serve", "value": {"gpu": 1, "parallelism": 1, "deadline_seconds": 3600}},
	]))
	fixture.messages(findings) == {
		"gpu_hours.over_limit: team-docs may take 270 GPU hours in 30 days, over its budget of 240; pipeline \"docs\" may take 270 of them (size \"large\")",
	}
}
