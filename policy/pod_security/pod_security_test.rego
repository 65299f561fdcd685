package rules.pod_security_test

import data.lib.fixture
import data.rules.pod_security

test_the_good_tree_is_let_be if {
	findings := pod_security.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_escalation if {
	findings := pod_security.findings with input as fixture.without(sprintf("%s/templates/1/container/securityContext/allowPrivilegeEscalation", [fixture.spec]))
	fixture.messages(findings) == {
		"pod_security.privileged: container \"embed/main\" does not say allowPrivilegeEscalation: false",
	}
}

test_capabilities_kept if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/securityContext/capabilities", [fixture.spec]), {"drop": ["NET_RAW"]})
	fixture.messages(findings) == {
		"pod_security.privileged: container \"embed/main\" does not say capabilities: {drop: [ALL]}",
	}
}

test_capabilities_added if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/securityContext/capabilities/add", [fixture.spec]), ["SYS_ADMIN"])
	fixture.messages(findings) == {
		"pod_security.capability: container \"embed/main\" says capabilities.add [\"SYS_ADMIN\"]",
	}
}

test_privileged if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/securityContext/privileged", [fixture.spec]), true)
	fixture.messages(findings) == {
		"pod_security.capability: container \"embed/main\" says privileged: true",
	}
}

test_root_of_the_workflow if {
	findings := pod_security.findings with input as fixture.without(sprintf("%s/securityContext/runAsNonRoot", [fixture.spec]))
	fixture.messages(findings) == {
		"pod_security.root: template \"index-v1\" runs container \"embed/main\" without runAsNonRoot: true",
		"pod_security.root: template \"index-v1\" runs container \"finish/main\" without runAsNonRoot: true",
	}
}

test_a_container_says_otherwise if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/securityContext/runAsNonRoot", [fixture.spec]), false)
	fixture.messages(findings) == {
		"pod_security.root: template \"index-v1\" runs container \"embed/main\" without runAsNonRoot: true",
	}
}

test_unconfined if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/securityContext", [fixture.spec]), {"seccompProfile": {"type": "Unconfined"}})
	fixture.messages(findings) == {
		"pod_security.root: template \"index-v1\" runs container \"embed/main\" without seccompProfile: {type: RuntimeDefault}",
	}
}

test_user_0 if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/securityContext/runAsUser", [fixture.spec]), 0)
	fixture.messages(findings) == {
		"pod_security.user: container \"embed/main\" runs as user 0",
	}
}

test_a_path_of_the_host if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/volumes", [fixture.spec]), [{"name": "x", "hostPath": {"path": "/"}}])
	fixture.messages(findings) == {
		"pod_security.volume: the volume \"x\" of \"index-v1\" is of the kind hostPath",
	}
}

test_the_network_of_the_host if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/hostNetwork", [fixture.spec]), true)
	fixture.messages(findings) == {
		"pod_security.host: spec.hostNetwork of \"index-v1\" reaches the host",
	}
}

test_a_port_of_the_host if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/container/ports", [fixture.spec]), [{"hostPort": 80}])
	fixture.messages(findings) == {
		"pod_security.host_port: container \"embed/main\" takes port 80 of its host",
	}
}

test_another_kind_of_volume_in_a_template if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/volumes", [fixture.spec]), [{"name": "x", "nfs": {}}])
	fixture.messages(findings) == {
		"pod_security.volume: the volume \"x\" of \"index-v1\" is of the kind nfs",
	}
}

test_by_a_patch if {
	findings := pod_security.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=toJson({"small":{"hostNetwork":true} }[workflow.parameters.size])}}`)
	fixture.messages(findings) == {
		"pod_security.host: spec.templates.1.podSpecPatch.hostNetwork of \"index-v1\" reaches the host",
	}
}
