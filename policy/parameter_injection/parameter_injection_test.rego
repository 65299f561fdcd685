package rules.parameter_injection_test

import data.lib.fixture
import data.rules.parameter_injection

test_the_good_tree_is_let_be if {
	findings := parameter_injection.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_plain_patch_without_parameter if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{"containers":[]}`)
	fixture.messages(findings) == set()
}

test_a_parameter_in_a_patch if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{"nodeName":"{{workflow.parameters.size}}"}`)
	fixture.messages(findings) == {
		"parameter_injection.patch: spec.templates.1.podSpecPatch of index-v1 is not a map of patches chosen by one parameter",
	}
}

test_another_expression_in_a_patch if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/podSpecPatch", [fixture.spec]), `{{=workflow.parameters.size}}`)
	fixture.messages(findings) == {
		"parameter_injection.patch: spec.templates.1.podSpecPatch of index-v1 is not a map of patches chosen by one parameter",
	}
}

test_a_patch_of_the_whole if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/podSpecPatch", [fixture.spec]), "{{workflow.parameters.size}}")
	fixture.messages(findings) == {
		"parameter_injection.patch: spec.podSpecPatch of index-v1 is not a map of patches chosen by one parameter",
	}
}

test_in_a_script if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/2/script", [fixture.spec]), {"source": "echo {{workflow.parameters.source}}", "command": ["sh"]})
	fixture.messages(findings) == {
		"parameter_injection.source: spec.templates.2.script.source of index-v1 has a parameter inside a program: echo {{workflow.parameters.source}}",
	}
}

test_in_a_command if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/container/command", [fixture.spec]), ["python", "-c", "{{workflow.parameters.source}}"])
	fixture.messages(findings) == {
		"parameter_injection.source: spec.templates.1.container.command.2 of index-v1 has a parameter inside a program: {{workflow.parameters.source}}",
		"parameter_injection.interpreter: container \"embed/main\" gives text with a parameter to an interpreter: {{inputs.parameters.shard}}",
	}
}

test_for_a_shell if {
	findings := parameter_injection.findings with input as json.patch(fixture.accepted, [{"op": "add", "path": sprintf("%s/templates/1/container/command", [fixture.spec]), "value": ["/bin/bash", "-ec"]}, {"op": "add", "path": sprintf("%s/templates/1/container/args", [fixture.spec]), "value": ["echo {{inputs.parameters.x}}"]}])
	fixture.messages(findings) == {
		"parameter_injection.interpreter: container \"embed/main\" gives text with a parameter to an interpreter: echo {{inputs.parameters.x}}",
	}
}

test_for_a_shell_in_args_alone if {
	findings := parameter_injection.findings with input as json.patch(fixture.accepted, [{"op": "remove", "path": sprintf("%s/templates/1/container/command", [fixture.spec])}, {"op": "add", "path": sprintf("%s/templates/1/container/args", [fixture.spec]), "value": ["sh", "-c", "echo {{inputs.parameters.x}}"]}])
	fixture.messages(findings) == {
		"parameter_injection.interpreter: container \"embed/main\" gives text with a parameter to an interpreter: echo {{inputs.parameters.x}}",
	}
}

test_a_parameter_as_the_program if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/container", [fixture.spec]), object.union(fixture.accepted.standards[0].object.spec.templates[1].container, {"command": ["python"], "args": ["{{inputs.parameters.x}}"]}))
	fixture.messages(findings) == {
		"parameter_injection.interpreter: container \"embed/main\" gives text with a parameter to an interpreter: {{inputs.parameters.x}}",
	}
}

test_a_parameter_as_the_module if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/container", [fixture.spec]), object.union(fixture.accepted.standards[0].object.spec.templates[1].container, {"args": ["-m", "{{inputs.parameters.x}}"], "command": ["python"]}))
	fixture.messages(findings) == {
		"parameter_injection.interpreter: container \"embed/main\" gives text with a parameter to an interpreter: {{inputs.parameters.x}}",
	}
}

test_spliced_into_when if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0/when", [fixture.spec]), "{{workflow.parameters.size}} == small")
	fixture.messages(findings) == {
		"parameter_injection.expression: spec.templates.0.dag.tasks.0.when of index-v1 splices text into an expression: {{workflow.parameters.size}} == small",
	}
}

test_nested_braces if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/1/container/env/0/value", [fixture.spec]), "{{=sprig.trim('{{workflow.parameters.source}}')}}")
	fixture.messages(findings) == {
		"parameter_injection.nested: spec.templates.1.container.env.0.value of index-v1 has {{..}} inside {{=..}}: {{=sprig.trim('{{workflow.parameters.source}}')}}",
	}
}

test_in_the_manifest_of_a_resource if {
	findings := parameter_injection.findings with input as fixture.set(sprintf("%s/templates/2/resource", [fixture.spec]), {"manifest": "name: {{workflow.parameters.source}}"})
	fixture.messages(findings) == {
		"parameter_injection.source: spec.templates.2.resource.manifest of index-v1 has a parameter inside a program: name: {{workflow.parameters.source}}",
	}
}
