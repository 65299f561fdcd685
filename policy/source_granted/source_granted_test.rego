package rules.source_granted_test

import data.lib.fixture
import data.rules.source_granted

_tree(source, reads) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/standards/0/limits/reads", "value": ["source"]},
	{"op": "add", "path": "/projects/0/pipelines/docs/source", "value": source},
	{"op": "add", "path": "/catalog/owners/team-docs/reads", "value": reads},
	{"op": "add", "path": "/catalog/sources", "value": {"site": {"address": "https://docs/sitemap.xml"}, "files": {"address": "s3://files/in"}}},
])

test_the_good_tree_is_let_be if {
	findings := source_granted.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_what_is_granted if {
	some case in [
		["site", ["s3://x", "site"]], ["files", ["s3://files"]], ["files", ["files"]],
		["s3://docs/m.jsonl", ["s3://docs"]], ["s3://docs/m.jsonl", ["s3://docs/m.jsonl"]],
		["s3://docs/a/m.jsonl", ["s3://docs/a/"]], [{"main": "site"}, ["site"]],
	]
	findings := source_granted.findings with input as _tree(case[0], case[1])
	fixture.messages(findings) == set()
}

test_a_source_that_is_not_granted if {
	findings := source_granted.findings with input as _tree({"main": "site"}, ["s3://docs", "files"])
	fixture.messages(findings) == {
		"source_granted.not_named: no grant lets team-docs read the source \"site\", which pipeline \"docs\" of search collects",
	}
}

test_an_address_that_is_not_granted if {
	findings := source_granted.findings with input as _tree("s3://docs-of-others/m.jsonl", ["s3://docs"])
	fixture.messages(findings) == {
		"source_granted.not_covered: no grant of the catalog lets team-docs read \"s3://docs-of-others/m.jsonl\", which pipeline \"docs\" of search indexes",
	}
}
