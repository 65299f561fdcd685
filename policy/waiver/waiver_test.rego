package waiver_test

import data.lib.fixture
import data.main
import data.waiver

# The tree with an argument outside its pattern, and some waivers.
spoilt(waivers) := json.patch(fixture.accepted, [
	{"op": "replace", "path": "/manifests/0/object/spec/workflowSpec/arguments/parameters/1/value", "value": "ftp://x"},
	{"op": "add", "path": "/waivers", "value": waivers},
])

unmatched_message := `projects/search/rendered/pipelines/docs.yaml: the argument source is "ftp://x", which does not match s3://[a-z/.]*`

entry := {
	"rule": "argument_pattern.unmatched", "path": "projects/search", "value": unmatched_message, "until": "2030-06-20",
	"owner": "team-docs", "reason": "moving to v2",
}

with_entry(change) := spoilt([object.union(entry, change)])

about := "argument_pattern.unmatched for projects/search"

covered_message := sprintf("%s; waived until 2030-06-20, 5 days left, by team-docs: moving to v2", [unmatched_message])

severities(findings) := {[finding.code, finding.severity] | some finding in findings}

test_the_good_tree_is_let_be if {
	findings := waiver.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_what_is_waived_is_a_warning_that_says_so if {
	findings := main.denied with input as with_entry({})
	fixture.messages(findings) == {sprintf("argument_pattern.unmatched: %s", [covered_message])}
	severities(findings) == {["argument_pattern.unmatched", "warning"]}
}

test_its_file_is_enough if {
	findings := main.denied with input as with_entry({"path": "projects/search/rendered/pipelines/docs.yaml"})
	severities(findings) == {["argument_pattern.unmatched", "warning"]}
}

test_on_its_last_day_it_holds if {
	findings := main.denied with input as with_entry({"until": "2030-06-15"})
	severities(findings) == {["argument_pattern.unmatched", "warning"]}
}

test_a_day_later_it_does_not if {
	findings := main.denied with input as with_entry({"until": "2030-06-14"})
	fixture.messages(findings) == {
		sprintf("argument_pattern.unmatched: %s", [unmatched_message]),
		sprintf("waiver.expired: the waiver of %s ended on 2030-06-14; team-docs answers for it: moving to v2", [about]),
	}
}

test_the_longest_term_holds if {
	findings := main.denied with input as with_entry({"until": "2030-09-13"})
	severities(findings) == {["argument_pattern.unmatched", "warning"]}
}

test_beyond_the_longest_term_it_does_not if {
	findings := main.denied with input as with_entry({"until": "2030-09-14"})
	fixture.messages(findings) == {
		sprintf("argument_pattern.unmatched: %s", [unmatched_message]),
		sprintf("waiver.too_long: the waiver of %s ends on 2030-09-14; the longest term is 90 days from today", [about]),
	}
}

test_days_that_nanoseconds_cannot_count if {
	every until in ["9999-12-31", "2262-04-12"] {
		findings := main.denied with input as with_entry({"until": until})
		severities(findings) == {["argument_pattern.unmatched", "error"], ["waiver.too_long", "error"]}
	}
	findings := main.denied with input as with_entry({"until": "0001-01-01"})
	severities(findings) == {["argument_pattern.unmatched", "error"], ["waiver.expired", "error"]}
}

test_it_is_for_one_project if {
	findings := main.denied with input as with_entry({"path": "projects"})
	severities(findings) == {["argument_pattern.unmatched", "error"], ["waiver.scope", "error"]}
}

# Of the waivers alone: all rules once for each of these take longer than OPA gives a test on a busy machine.
test_what_is_not_one_project if {
	every path in ["projects/", ".", "", "standards", "standards/index/v1", "projects/search/..", "projects/*"] {
		findings := waiver.findings with input as with_entry({"path": path})
		severities(findings) == {["waiver.scope", "error"]}
	}
}

test_it_excepts_no_project_that_only_begins_alike if {
	findings := main.denied with input as with_entry({"path": "projects/sear"})
	severities(findings) == {["argument_pattern.unmatched", "error"]}
}

test_another_value_is_a_finding if {
	findings := main.denied with input as with_entry({"value": "another"})
	fixture.messages(findings) == {
		sprintf("argument_pattern.unmatched: %s", [unmatched_message]),
		sprintf("waiver.widened: the waiver of %s is for another, and what is found is %s", [about, unmatched_message]),
	}
}

test_another_waiver_may_be_for_the_other_value if {
	findings := main.denied with input as spoilt([entry, object.union(entry, {"value": "another"})])
	severities(findings) == {["argument_pattern.unmatched", "warning"]}
}

test_one_that_nothing_needs if {
	findings := main.denied with input as fixture.set("/waivers", [entry])
	fixture.messages(findings) == {sprintf("waiver.unused: the waiver of %s excepts nothing: there is no such finding", [about])}
}

test_whether_it_is_needed_is_told_of_the_whole_tree_alone if {
	part := json.patch(fixture.set("/waivers", [entry]), [{"op": "replace", "path": "/whole", "value": false}])
	findings := main.denied with input as part
	fixture.messages(findings) == set()
}

test_of_a_project_that_was_not_evaluated if {
	findings := main.denied with input as fixture.set("/waivers", [object.union(entry, {"path": "projects/other"})])
	fixture.messages(findings) == set()
}

test_of_no_finding if {
	findings := waiver.findings with input as fixture.set("/waivers", [object.union(entry, {"rule": "on_exits.missing"})])
	fixture.messages(findings) == {"waiver.unknown_rule: the waiver for projects/search names \"on_exits.missing\", which no rule of policy/ finds"}
}

test_of_nobody if {
	findings := waiver.findings with input as with_entry({"owner": "nobody"})
	fixture.messages(findings) == {
		sprintf("waiver.unknown_owner: the waiver of %s names the owner \"nobody\", which standards/catalog/owners.yaml does not hold", [about]),
	}
}

# A rule whose value is a number holds within it.
over_budget(value) := json.patch(fixture.accepted, [
	{"op": "replace", "path": "/manifests/0/object/spec/workflowSpec/arguments/parameters/0/value", "value": "large"},
	{"op": "add", "path": "/waivers", "value": [object.union(entry, {"rule": "gpu_budget.over_limit", "value": value})]},
])

test_a_bound_holds_for_less if {
	every bound in [4, 5] {
		findings := main.denied with input as over_budget(bound)
		severities(findings) == {["gpu_budget.over_limit", "warning"]}
	}
}

test_beyond_a_bound_it_is_a_finding_again if {
	findings := main.denied with input as over_budget(3)
	severities(findings) == {["gpu_budget.over_limit", "error"], ["waiver.widened", "error"]}
}
