package rules.image_digest_test

import data.lib.fixture
import data.rules.image_digest

test_the_good_tree_is_let_be if {
	findings := image_digest.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_a_tag if {
	findings := image_digest.findings with input as fixture.set(sprintf("%s/templates/1/container/image", [fixture.spec]), "registry.example.com/dac/rag:latest")
	fixture.messages(findings) == {
		"image_digest.not_in_catalog: container \"embed/main\" uses the image \"registry.example.com/dac/rag:latest\", which standards/catalog/images.yaml does not hold",
	}
}

test_none if {
	findings := image_digest.findings with input as fixture.without(sprintf("%s/templates/1/container/image", [fixture.spec]))
	fixture.messages(findings) == {
		"image_digest.not_in_catalog: container \"embed/main\" uses the image \"\", which standards/catalog/images.yaml does not hold",
	}
}

test_a_parameter if {
	findings := image_digest.findings with input as fixture.set(sprintf("%s/templates/1/container/image", [fixture.spec]), "{{workflow.parameters.image}}")
	fixture.messages(findings) == {
		"image_digest.not_in_catalog: container \"embed/main\" uses the image \"{{workflow.parameters.image}}\", which standards/catalog/images.yaml does not hold",
	}
}

test_no_digest if {
	findings := image_digest.findings with input as fixture.set(sprintf("%s/templates/1/container/image", [fixture.spec]), "registry.example.com/dac/rag")
	fixture.messages(findings) == {
		"image_digest.not_by_digest: container \"embed/main\" uses \"registry.example.com/dac/rag\", but the catalog says \"registry.example.com/dac/rag@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
	}
}

test_another_digest_in_a_sidecar if {
	findings := image_digest.findings with input as fixture.set(sprintf("%s/templates/2/sidecars", [fixture.spec]), [{"name": "server", "image": "registry.example.com/dac/rag@sha256:00"}])
	fixture.messages(findings) == {
		"image_digest.not_by_digest: container \"finish/server\" uses \"registry.example.com/dac/rag@sha256:00\", but the catalog says \"registry.example.com/dac/rag@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
	}
}

test_a_patch_adds_one if {
	findings := image_digest.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"initContainers":[{"name":"evil","image":"evil"}]} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"image_digest.not_in_catalog: container \"embed/evil\" uses the image \"evil\", which standards/catalog/images.yaml does not hold",
	}
}

unbuilt := json.patch(fixture.accepted, [
	{"op": "add", "path": "/catalog/images/rag", "value": {
		"repository": "registry.example.com/dac/rag", "digest": null, "built": false,
	}},
	{"op": "add", "path": "/standards/0/object/spec/templates/1/container/image", "value": "registry.example.com/dac/rag@unbuilt"},
	{"op": "add", "path": "/standards/0/object/spec/templates/2/container/image", "value": "registry.example.com/dac/rag@unbuilt"},
])

test_unbuilt_is_a_warning if {
	findings := image_digest.findings with input as unbuilt
	{[finding.code, finding.severity] | some finding in findings} == {["image_digest.not_built", "warning"]}
}

test_unbuilt_is_an_error_for_a_cluster if {
	findings := image_digest.findings with input as json.patch(unbuilt, [{"op": "add", "path": "/cluster", "value": true}])
	{[finding.code, finding.severity] | some finding in findings} == {["image_digest.not_built", "error"]}
}
