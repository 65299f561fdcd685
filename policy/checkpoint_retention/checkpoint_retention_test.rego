package rules.checkpoint_retention_test

import data.lib.fixture
import data.rules.checkpoint_retention

_tree(limits, days) := json.patch(fixture.accepted, [
	{"op": "add", "path": sprintf("%s/templates/1/container/command", [fixture.spec]), "value": ["python", "-m", "train"]},
	{
		"op": "add", "path": sprintf("%s/templates/2/container/env", [fixture.spec]),
		"value": [{"name": "RETENTION_DAYS", "value": days}],
	},
	{"op": "add", "path": "/standards/0/limits", "value": object.union(fixture.accepted.standards[0].limits, limits)},
])

test_the_good_tree_is_let_be if {
	findings := checkpoint_retention.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_stated_and_applied if {
	findings := checkpoint_retention.findings with input as _tree({"retention_days": 14}, "14")
	fixture.messages(findings) == set()
}

test_not_stated if {
	findings := checkpoint_retention.findings with input as _tree({}, "0")
	fixture.messages(findings) == {
		"checkpoint_retention.missing: index@v1 writes checkpoints and its limits.retention_days is null; it must be a number above 0 and at most 90",
	}
}

test_too_long if {
	findings := checkpoint_retention.findings with input as _tree({"retention_days": 31, "max_retention_days": 30}, "31")
	fixture.messages(findings) == {
		"checkpoint_retention.missing: index@v1 writes checkpoints and its limits.retention_days is 31; it must be a number above 0 and at most 30",
	}
}

test_the_exit_handler_is_told_another if {
	findings := checkpoint_retention.findings with input as _tree({"retention_days": 14}, "30")
	fixture.messages(findings) == {
		"checkpoint_retention.not_applied: the exit handler of template \"index-v1\" is not given RETENTION_DAYS 14, so checkpoints stay",
	}
}
