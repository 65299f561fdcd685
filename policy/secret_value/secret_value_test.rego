package rules.secret_value_test

import data.lib.fixture
import data.rules.secret_value

test_the_good_tree_is_let_be if {
	findings := secret_value.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_key_in_a_decision if {
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/source", "s3://AKIAIOSFODNN7EXAMPLE/x")
	fixture.messages(findings) == {
		"secret_value.pattern: pipelines.docs.source of projects/search/decisions.yaml holds what looks like an AWS access key id",
	}
}

test_a_key_after_a_line if {
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/source", "x\nAKIAIOSFODNN7EXAMPLE")
	fixture.messages(findings) == {
		"secret_value.pattern: pipelines.docs.source of projects/search/decisions.yaml holds what looks like an AWS access key id",
	}
}

test_a_key_behind_an_escape if {
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/source", "\u0001AKIAIOSFODNN7EXAMPLE")
	fixture.messages(findings) == {
		"secret_value.pattern: pipelines.docs.source of projects/search/decisions.yaml holds what looks like an AWS access key id",
	}
}

test_a_key_in_a_standard if {
	findings := secret_value.findings with input as fixture.set(sprintf("%s/templates/1/container/env/0/value", [fixture.spec]), "AKIAIOSFODNN7EXAMPLE")
	fixture.messages(findings) == {
		"secret_value.pattern: spec.templates.1.container.env.0.value of standards/index/v1/rendered.yaml holds what looks like an AWS access key id",
	}
}

test_random_text_in_a_list if {
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/notify", ["q8ZkT2mVw7RbYp4NcXs9LfHd3JgAe6Ku"])
	fixture.messages(findings) == {
		"secret_value.random: pipelines.docs.notify.0 of projects/search/decisions.yaml holds a random-looking text of 32 characters",
	}
}

test_random_words_one_character_apart if {
	words := "q8ZkT2mVw7RbYp4NcXs9LfHd3JgAe6Ku\u00e9q8ZkT2mVw7RbYp4NcXs9LfHd3JgAe6Ku2/q8ZkT2mVw7RbYp4NcXs9LfHd3JgAe6"
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/notify", [words])
	fixture.messages(findings) == {
		"secret_value.random: pipelines.docs.notify.0 of projects/search/decisions.yaml holds a random-looking text of 32 characters",
		"secret_value.random: pipelines.docs.notify.0 of projects/search/decisions.yaml holds a random-looking text of 33 characters",
	}
}

test_a_hash_is_none if {
	findings := secret_value.findings with input as fixture.set("/projects/0/pipelines/docs/notify", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	fixture.messages(findings) == set()
}

test_a_password_by_its_name if {
	findings := secret_value.findings with input as fixture.set("/catalog/images/password", "correct-horse-7")
	fixture.messages(findings) == {
		"secret_value.named: password of standards/catalog/images.yaml is written out",
	}
}

test_however_the_field_is_written_and_whatever_stands_in_it if {
	names := {"password", "PASSWD", "db_Secrets", "x-token", "apiKey", "api_keys", "Credentials", "privateKey", "PRIVATE_KEY"}
	values := {"correct-horse-7", "correct \"horse\" 7", "7\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9x", "<correct>&horse7"}
	notes := {sprintf("%d", [i]): {name: value | some name in names} | some i, value in [value | some value in values]}
	findings := secret_value.findings with input as fixture.set("/catalog/images/rag/notes", notes)
	count(findings) == count(names) * count(values)
	every finding in findings {
		finding.code == "secret_value.named"
	}
}

test_a_short_one_a_word_and_a_reference_are_none if {
	notes := [{"password": value} | some value in ["horse-7", "correct-horse", "{{inputs.parameters.n1}}"]]
	findings := secret_value.findings with input as fixture.set("/catalog/images/rag/notes", notes)
	fixture.messages(findings) == set()
}

test_in_the_catalog if {
	findings := secret_value.findings with input as fixture.set("/catalog/images/rag/note", "AKIAIOSFODNN7EXAMPLE")
	fixture.messages(findings) == {
		"secret_value.pattern: rag.note of standards/catalog/images.yaml holds what looks like an AWS access key id",
	}
}

test_in_what_the_platform_renders if {
	findings := secret_value.findings with input as fixture.set("/manifests/1/object/data", {"endpoint": "AKIAIOSFODNN7EXAMPLE"})
	fixture.messages(findings) == {
		"secret_value.pattern: data.endpoint of projects/search/rendered/platform/access.yaml holds what looks like an AWS access key id",
	}
}

test_a_Secret if {
	findings := secret_value.findings with input as json.patch(fixture.accepted, [
		{"op": "add", "path": "/manifests/1/kind", "value": "Secret"},
		{"op": "add", "path": "/manifests/1/object/data", "value": {}},
		{"op": "add", "path": "/manifests/1/object/type", "value": "kubernetes.io/service-account-token"},
	])
	fixture.messages(findings) == {
		"secret_value.kind: projects/search/rendered/platform/access.yaml: the Secret index is a manifest",
	}
}

test_a_token_that_the_cluster_fills_in if {
	findings := secret_value.findings with input as json.patch(fixture.accepted, [
		{"op": "add", "path": "/manifests/1/kind", "value": "Secret"},
		{"op": "add", "path": "/manifests/1/object/type", "value": "kubernetes.io/service-account-token"},
	])
	fixture.messages(findings) == set()
}
