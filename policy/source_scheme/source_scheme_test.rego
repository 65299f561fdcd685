package rules.source_scheme_test

import data.lib.fixture
import data.rules.source_scheme

test_the_good_tree_is_let_be if {
	findings := source_scheme.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_another if {
	findings := source_scheme.findings with input as fixture.set("/projects/0/pipelines/docs/source", "https://example.com/m.jsonl")
	fixture.messages(findings) == {
		"source_scheme.not_allowed: \"https://example.com/m.jsonl\" is an address of kind \"https\"; index@v1 allows s3",
	}
}

test_deep_in_a_decision if {
	findings := source_scheme.findings with input as fixture.set("/projects/0/pipelines/docs/canaries", {"from": ["FILE:///etc/passwd"]})
	fixture.messages(findings) == {
		"source_scheme.not_allowed: \"FILE:///etc/passwd\" is an address of kind \"file\"; index@v1 allows s3",
	}
}

test_no_list_allows_none if {
	findings := source_scheme.findings with input as fixture.without("/standards/0/limits/schemes")
	fixture.messages(findings) == {
		"source_scheme.not_allowed: \"s3://docs/m.jsonl\" is an address of kind \"s3\"; index@v1 allows none",
	}
}

test_an_address_that_goes_up if {
	every case in [["s3://docs/../secrets/m.jsonl", ".."], ["s3://docs/m/.", "."], ["../s3://docs/m", ".."]] {
		findings := source_scheme.findings with input as fixture.set("/projects/0/pipelines/docs/source", case[0])
		some finding in findings
		finding.code == "source_scheme.goes_up"
		finding.msg == sprintf("%q has the part %q, so where it leads cannot be read off it", case)
	}
}

test_dots_within_a_name if {
	findings := source_scheme.findings with input as fixture.set("/projects/0/pipelines/docs/source", "s3://docs/..a/b../.c/m..jsonl")
	fixture.messages(findings) == set()
}
