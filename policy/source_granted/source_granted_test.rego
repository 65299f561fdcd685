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
	every case in [
		["site", ["s3://x", "site"]], ["files", ["s3://files"]], ["files", ["files"]],
		["s3://docs/m.jsonl", ["s3://docs"]], ["s3://docs/m.jsonl", ["s3://docs/m.jsonl"]],
		["s3://docs/a/m.jsonl", ["s3://docs/a/"]], ["s3://docs/a", ["s3://docs/a/"]], [{"main": "site"}, ["site"]],
		["s3://runs/search/out.jsonl", []],
	] {
		findings := source_granted.findings with input as json.patch(_tree(case[0], case[1]), [
			{"op": "add", "path": "/catalog/endpoints", "value": {"artifacts": {"address": "s3://runs/"}}},
		])
		fixture.messages(findings) == set()
	}
}

test_a_source_that_is_not_granted if {
	findings := source_granted.findings with input as _tree({"main": "site"}, ["s3://docs", "files"])
	fixture.messages(findings) == {
		"source_granted.not_named: no grant lets team-docs read the source \"site\", which pipeline \"docs\" of search collects",
	}
}

test_an_address_that_is_not_granted if {
	every case in [
		["s3://docs-of-others/m.jsonl", ["s3://docs"]], ["s3://docs", ["s3://docs/m.jsonl"]],
		["https://docs/m.jsonl", ["https://docs"]], ["s3://docs/m.jsonl", [["s3://docs"]]],
		["s3://runs/search-of-others/m.jsonl", []],
	] {
		findings := source_granted.findings with input as json.patch(_tree(case[0], case[1]), [
			{"op": "add", "path": "/catalog/endpoints", "value": {"artifacts": {"address": "s3://runs/"}}},
		])
		fixture.messages(findings) == {sprintf(
			"source_granted.not_covered: no grant of the catalog lets team-docs read %q, which pipeline \"docs\" of search indexes",
			[case[0]],
		)}
	}
}
