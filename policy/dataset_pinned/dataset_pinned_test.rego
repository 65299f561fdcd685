package rules.dataset_pinned_test

import data.lib.fixture
import data.rules.dataset_pinned

_tree(address) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/standards/0/limits/pinned", "value": ["dataset"]},
	{"op": "add", "path": "/projects/0/pipelines/docs/dataset", "value": address},
])

test_the_good_tree_is_let_be if {
	findings := dataset_pinned.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_pinned if {
	address := "s3://docs/rows.jsonl@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	findings := dataset_pinned.findings with input as _tree(address)
	fixture.messages(findings) == set()
}

test_no_digest if {
	findings := dataset_pinned.findings with input as _tree("s3://docs/rows.jsonl")
	fixture.messages(findings) == {
		"dataset_pinned.missing: \"dataset\" of pipeline \"docs\" has no digest, so what is read may change with nobody's decision",
	}
}

test_half_a_digest if {
	findings := dataset_pinned.findings with input as _tree("s3://docs/rows.jsonl@sha256:0123")
	count(findings) == 1
}

test_a_dataset_of_the_catalog_has_its_digest_there if {
	findings := dataset_pinned.findings with input as _tree("unicode-names@v1")
	fixture.messages(findings) == set()
}
