package rules.pod_patch_test

import data.lib.fixture
import data.rules.pod_patch

test_the_good_tree_is_let_be if {
	findings := pod_patch.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_an_image if {
	findings := pod_patch.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"containers":[{"name":"main","image":"evil"}]} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"pod_patch.forbidden_key: a podSpecPatch of template \"embed\" sets containers.image",
	}
}

test_a_security_context if {
	findings := pod_patch.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"securityContext":{"runAsUser":0} } }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"pod_patch.forbidden_key: a podSpecPatch of template \"embed\" sets securityContext",
	}
}

test_another_container if {
	findings := pod_patch.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"containers":[{"name":"more"}]} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"pod_patch.unknown_container: a podSpecPatch of template \"embed\" adds the container \"more\"",
	}
}

test_of_every_pod if {
	findings := pod_patch.findings with input as fixture.set(sprintf("%s/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"pod_patch.of_all_pods: template \"index-v1\" has a podSpecPatch for all its pods",
	}
}
