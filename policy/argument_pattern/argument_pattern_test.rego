package rules.argument_pattern_test

import data.lib.fixture
import data.rules.argument_pattern

test_the_good_tree_is_let_be if {
	findings := argument_pattern.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_outside if {
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "SMALL")
	fixture.messages(findings) == {
		"argument_pattern.unmatched: projects/search/rendered/pipelines/docs.yaml: the argument size is \"SMALL\", which does not match [a-z]+",
	}
}

test_a_line_beyond if {
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), "small\nlarge")
	fixture.messages(findings) == {
		"argument_pattern.unmatched: projects/search/rendered/pipelines/docs.yaml: the argument size is \"small\\nlarge\", which does not match [a-z]+",
	}
}

test_a_number if {
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]), 7)
	fixture.messages(findings) == {
		"argument_pattern.not_text: projects/search/rendered/pipelines/docs.yaml: the argument size is 7, which is not text",
	}
}

test_unknown if {
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/name", [fixture.cron]), "image")
	fixture.messages(findings) == {
		"argument_pattern.left_out: projects/search/rendered/pipelines/docs.yaml: the argument size of the template index-v1 is not given",
		"argument_pattern.unknown: projects/search/rendered/pipelines/docs.yaml: the template index-v1 has no argument image",
	}
}

test_without_a_name if {
	findings := argument_pattern.findings with input as fixture.without(sprintf("%s/workflowSpec/arguments/parameters/0/name", [fixture.cron]))
	fixture.messages(findings) == {
		"argument_pattern.left_out: projects/search/rendered/pipelines/docs.yaml: the argument size of the template index-v1 is not given",
		"argument_pattern.unknown: projects/search/rendered/pipelines/docs.yaml: the template index-v1 has no argument ",
	}
}

test_without_a_value if {
	findings := argument_pattern.findings with input as fixture.without(sprintf("%s/workflowSpec/arguments/parameters/0/value", [fixture.cron]))
	fixture.messages(findings) == {
		"argument_pattern.not_text: projects/search/rendered/pipelines/docs.yaml: the argument size is null, which is not text",
	}
}

test_from_elsewhere if {
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/0/valueFrom", [fixture.cron]), {"configMapKeyRef": {}})
	fixture.messages(findings) == {
		"argument_pattern.malformed: projects/search/rendered/pipelines/docs.yaml: a parameter holds valueFrom",
	}
}

test_twice if {
	second := {"name": "size", "value": "large"}
	findings := argument_pattern.findings with input as fixture.set(sprintf("%s/workflowSpec/arguments/parameters/-", [fixture.cron]), second)
	fixture.messages(findings) == {
		"argument_pattern.twice: projects/search/rendered/pipelines/docs.yaml: the argument size is given 2 times",
	}
}

test_left_out if {
	findings := argument_pattern.findings with input as fixture.without(sprintf("%s/workflowSpec/arguments/parameters/1", [fixture.cron]))
	fixture.messages(findings) == {
		"argument_pattern.left_out: projects/search/rendered/pipelines/docs.yaml: the argument source of the template index-v1 is not given",
	}
}

test_set_by_hand if {
	findings := argument_pattern.findings with input as fixture.set("/standards/0/parameters/commit", {"pattern": "[0-9a-f]*", "by_hand": true})
	fixture.messages(findings) == set()
}
