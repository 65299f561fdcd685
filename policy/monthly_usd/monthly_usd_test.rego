package rules.monthly_usd_test

import data.lib.fixture
import data.rules.monthly_usd

_costing(cost, granted) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/manifests/0/cost", "value": cost},
	{"op": "add", "path": "/catalog/owners/team-docs/budget/monthly_usd", "value": granted},
])

test_within_the_budget if {
	findings := monthly_usd.findings with input as _costing({"least": 1, "most": 20, "unknown": []}, 20)
	fixture.messages(findings) == set()
}

test_the_upper_bound_counts if {
	findings := monthly_usd.findings with input as _costing({"least": 1, "most": 20.2, "unknown": []}, 20)
	fixture.messages(findings) == {
		"monthly_usd.over_limit: team-docs may spend 21 US dollars in 30 days, over its budget of 20; pipeline \"docs\" may spend 21 of them",
	}
}

test_an_owner_without_a_budget if {
	costing := json.patch(_costing({"least": 1, "most": 2, "unknown": []}, 0), [{"op": "remove", "path": "/catalog/owners/team-docs/budget"}])
	findings := monthly_usd.findings with input as costing
	{finding.code | some finding in findings} == {"monthly_usd.over_limit"}
}

test_what_costs_nothing_needs_no_budget if {
	findings := monthly_usd.findings with input as _costing({"least": 0, "most": 0, "unknown": []}, 0)
	fixture.messages(findings) == set()
}

test_an_unknown_cost_is_said if {
	findings := monthly_usd.findings with input as _costing({"least": 1, "most": null, "unknown": ["it has no estimate"]}, 20)
	fixture.messages(findings) == {
		"monthly_usd.unknown: what pipeline \"docs\" may cost in 30 days is unknown, so its owner's budget cannot be held: it has no estimate",
	}
}

test_the_lower_bound_of_an_unknown_cost_counts if {
	findings := monthly_usd.findings with input as _costing({"least": 30, "most": null, "unknown": ["it has no estimate"]}, 20)
	{finding.code | some finding in findings} == {"monthly_usd.over_limit", "monthly_usd.unknown"}
}

test_a_cost_that_nobody_estimated_is_unknown if {
	findings := monthly_usd.findings with input as json.patch(fixture.accepted, [{"op": "remove", "path": "/manifests/0/cost"}])
	fixture.messages(findings) == {
		"monthly_usd.unknown: what pipeline \"docs\" may cost in 30 days is unknown, so its owner's budget cannot be held: nobody estimated it",
	}
}
