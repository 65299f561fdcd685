package lib_test

import data.lib

_custom := {"short_name": "x", "failure_msg": "%s is wrong", "solution": "fix it"}

_finding(more, today) := finding if {
	chain := [{"path": ["rules", "rule", "findings"], "annotations": {"custom": object.union(_custom, more)}}]
	finding := lib.finding(chain, {"path": "f", "pointer": []}, ["a"]) with input.today as today
}

test_a_rule_denies_where_nothing_puts_it_off if {
	_finding({}, "2031-03-30").severity == "error"
	_finding({"severity": "warning"}, "2031-03-30").severity == "warning"
}

test_a_rule_warns_until_its_day_and_says_so if {
	finding := _finding({"denies_from": "2031-03-31"}, "2031-03-30")
	finding.severity == "warning"
	finding.msg == "a is wrong; denied from 2031-03-31 on"
}

test_a_waiver_names_the_same_value_before_and_after_the_day if {
	_finding({"denies_from": "2031-03-31"}, "2031-03-30").value == "a is wrong"
	_finding({"denies_from": "2031-03-31"}, "2031-03-31").value == "a is wrong"
}

test_a_rule_denies_from_its_day_on if {
	every today in ["2031-03-31", "2031-04-01", "2100-01-01"] {
		finding := _finding({"denies_from": "2031-03-31"}, today)
		finding.severity == "error"
		finding.msg == "a is wrong"
	}
}

test_what_is_not_a_day_puts_nothing_off if {
	every day in ["soon", "2031-3-31", "", "9999", 20310331, "2031-03-31T00:00:00Z"] {
		_finding({"denies_from": day}, "2031-03-30").severity == "error"
	}
}
