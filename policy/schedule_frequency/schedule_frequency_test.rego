package rules.schedule_frequency_test

import data.lib.fixture
import data.rules.schedule_frequency

_schedules := sprintf("%s/schedules", [fixture.cron])

_interval := "/manifests/0/interval_minutes"

_every(schedules, minutes) := json.patch(fixture.accepted, [
	{"op": "replace", "path": _schedules, "value": schedules},
	{"op": "replace", "path": _interval, "value": minutes},
])

_unreadable(schedules) := json.patch(fixture.accepted, [
	{"op": "replace", "path": _schedules, "value": schedules},
	{"op": "remove", "path": _interval},
])

test_the_good_tree_is_let_be if {
	findings := schedule_frequency.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_every_half_hour if {
	findings := schedule_frequency.findings with input as _every(["*/30 * * * *"], 30)
	fixture.messages(findings) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 30 min after it last did (*/30 * * * *); index@v1 allows every 60 min",
	}
}

test_as_often_as_allowed if {
	findings := schedule_frequency.findings with input as _every(["@hourly"], 60)
	fixture.messages(findings) == set()
}

test_two_lines if {
	findings := schedule_frequency.findings with input as _every(["45 23 * * *", "15 0 * * *"], 30)
	fixture.messages(findings) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 30 min after it last did (45 23 * * * and 15 0 * * *); index@v1 allows every 60 min",
	}
}

test_at_the_same_minute if {
	findings := schedule_frequency.findings with input as _every(["0 3 * * *", "0 3 * * *"], 0)
	fixture.messages(findings) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 0 min after it last did (0 3 * * * and 0 3 * * *); index@v1 allows every 60 min",
	}
}

test_a_suspended_one_never_starts if {
	findings := schedule_frequency.findings with input as json.patch(_every(["* * * * *"], 1), [{"op": "replace", "path": sprintf("%s/suspend", [fixture.cron]), "value": true}])
	fixture.messages(findings) == set()
}

test_no_cron_line if {
	findings := schedule_frequency.findings with input as _unreadable(["every day"])
	fixture.messages(findings) == {
		"schedule_frequency.unreadable: pipeline \"docs\" has the schedule [\"every day\"], whose frequency cannot be computed",
	}
}

test_no_schedule if {
	findings := schedule_frequency.findings with input as _unreadable([])
	fixture.messages(findings) == {
		"schedule_frequency.unreadable: pipeline \"docs\" has the schedule [], whose frequency cannot be computed",
	}
}
