package rules.resources_test

import data.lib.fixture
import data.rules.resources

test_the_good_tree_is_let_be if {
	findings := resources.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_no_limit_of_memory if {
	findings := resources.findings with input as fixture.without(sprintf("%s/templates/1/container/resources/limits/memory", [fixture.spec]))
	fixture.messages(findings) == {
		"resources.missing: container \"embed/main\" has no resources.limits.memory",
	}
}

test_nothing_of_a_sidecar if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/1/sidecars", [fixture.spec]), [{"name": "server"}])
	fixture.messages(findings) == {
		"resources.missing: container \"embed/server\" has no resources.requests.cpu",
		"resources.missing: container \"embed/server\" has no resources.requests.memory",
		"resources.missing: container \"embed/server\" has no resources.limits.cpu",
		"resources.missing: container \"embed/server\" has no resources.limits.memory",
	}
}

test_zero_of_an_init_container if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/1/initContainers", [fixture.spec]), [{"name": "fetch", "resources": {"requests": {"cpu": "0", "memory": "1"}, "limits": {"cpu": "1", "memory": "1"}}}])
	fixture.messages(findings) == {
		"resources.missing: container \"embed/fetch\" has no resources.requests.cpu",
	}
}

test_of_a_set if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/2/containerSet", [fixture.spec]), {"containers": [{"name": "a", "resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "1"}}}]})
	fixture.messages(findings) == {
		"resources.missing: container \"finish/a\" has no resources.limits.memory",
	}
}

test_of_a_script if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/2/script", [fixture.spec]), {"source": "", "resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"memory": "1"}}})
	fixture.messages(findings) == {
		"resources.missing: container \"finish/main\" has no resources.limits.cpu",
	}
}

test_inline if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0/inline", [fixture.spec]), {"container": {"resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"memory": "1"}}}})
	fixture.messages(findings) == {
		"resources.missing: container \"inline/main\" has no resources.limits.cpu",
	}
}

test_by_templateDefaults if {
	findings := resources.findings with input as json.patch(fixture.accepted, [{"op": "remove", "path": sprintf("%s/templates/1/container/resources", [fixture.spec])}, {"op": "add", "path": sprintf("%s/templateDefaults", [fixture.spec]), "value": {"container": {"resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "1", "memory": "1"}}}}}])
	fixture.messages(findings) == set()
}

test_added_by_a_patch if {
	findings := resources.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"containers":[{"name":"more","resources":{"requests":{"cpu":"1","memory":"1"},"limits":{"cpu":"1"} } }]} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"resources.missing: container \"embed/more\" has no resources.limits.memory",
	}
}
