package rules.schedule_frequency_test

import data.lib.fixture
import data.rules.schedule_frequency

test_the_good_tree_is_let_be if {
	found := schedule_frequency.findings with input as fixture.good
	fixture.told(found) == set()
}

test_every_half_hour if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["*/30 * * * *"])
	fixture.told(found) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 30 min after it last did (*/30 * * * *); index@v1 allows every 60 min",
	}
}

test_hourly if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["@hourly"])
	fixture.told(found) == set()
}

test_two_minutes_of_two_hours if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["0,30 3,23 * * *"])
	fixture.told(found) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 30 min after it last did (0,30 3,23 * * *); index@v1 allows every 60 min",
	}
}

test_over_midnight if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["45 23 * * *", "15 0 * * *"])
	fixture.told(found) == {
		"schedule_frequency.too_often: pipeline \"docs\" may start 30 min after it last did (45 23 * * * and 15 0 * * *); index@v1 allows every 60 min",
	}
}

test_a_suspended_one_never_starts if {
	found := schedule_frequency.findings with input as json.patch(fixture.set(sprintf("%s/schedules", [fixture.cron]), ["* * * * *"]), [{"op": "add", "path": sprintf("%s/suspend", [fixture.cron]), "value": true}])
	fixture.told(found) == set()
}

test_names_and_ranges if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["0 8-18/2 * jan-mar mon-fri"])
	fixture.told(found) == set()
}

test_no_cron_line if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["every day"])
	fixture.told(found) == {
		"schedule_frequency.unreadable: pipeline \"docs\" has the schedule [\"every day\"], whose frequency cannot be told",
	}
}

test_an_hour_that_is_none if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), ["0 24 * * *"])
	fixture.told(found) == {
		"schedule_frequency.unreadable: pipeline \"docs\" has the schedule [\"0 24 * * *\"], whose frequency cannot be told",
	}
}

test_none if {
	found := schedule_frequency.findings with input as fixture.set(sprintf("%s/schedules", [fixture.cron]), [])
	fixture.told(found) == {
		"schedule_frequency.unreadable: pipeline \"docs\" has the schedule [], whose frequency cannot be told",
	}
}
