package waiver_test

import data.lib.fixture
import data.main
import data.waiver

test_the_good_tree_is_let_be if {
	found := waiver.findings with input as fixture.good
	fixture.told(found) == set()
}

test_on_its_last_day_it_holds if {
	found := waiver.findings with input as fixture.set("/waivers", [{"rule": "on_exit", "path": "standards/index", "until": "2030-06-15", "owner": "team-docs", "reason": "moving to v2"}])
	fixture.told(found) == set()
}

test_a_day_later_it_does_not if {
	found := waiver.findings with input as fixture.set("/waivers", [{"rule": "on_exit", "path": "standards/index", "until": "2030-06-14", "owner": "team-docs", "reason": "moving to v2"}])
	fixture.told(found) == {
		"waiver.expired: the waiver of on_exit for standards/index ended on 2030-06-14; team-docs answers for it: moving to v2",
	}
}

test_of_no_rule if {
	found := waiver.findings with input as fixture.set("/waivers", [{"rule": "onexit", "path": "standards/index", "until": "2030-06-15", "owner": "team-docs", "reason": "moving to v2"}])
	fixture.told(found) == {
		"waiver.unknown_rule: the waiver for standards/index names the rule \"onexit\", which policy/ does not have",
	}
}

test_of_nobody if {
	found := waiver.findings with input as fixture.set("/waivers", [{"rule": "on_exit", "path": "standards/index", "until": "2030-06-15", "owner": "nobody", "reason": "moving to v2"}])
	fixture.told(found) == {
		"waiver.unknown_owner: the waiver of on_exit for standards/index names the owner \"nobody\", which standards/catalog/owners.yaml does not hold",
	}
}

spoilt(path, until) := json.patch(fixture.good, [
	{"op": "remove", "path": "/standards/0/object/spec/onExit"},
	{"op": "add", "path": "/waivers", "value": [{
		"rule": "on_exit", "path": path, "until": until, "owner": "team-docs", "reason": "moving to v2",
	}]},
])

test_it_excepts_its_folder if {
	found := main.deny with input as spoilt("standards/index/v1/", "2030-06-15")
	fixture.told(found) == set()
}

test_it_excepts_no_folder_that_only_begins_alike if {
	found := main.deny with input as spoilt("standards/ind", "2030-06-15")
	fixture.told(found) == {"on_exit.missing: template \"index-v1\" has no onExit"}
}

test_past_its_day_it_excepts_nothing if {
	found := main.deny with input as spoilt("standards", "2029-12-31")
	{finding.code | some finding in found} == {"on_exit.missing", "waiver.expired"}
}
