# METADATA
# title: An exit handler
# description: What a run leaves behind is cleaned up and its end is told, however it ends.
package rules.on_exit

import data.lib

# METADATA
# title: No exit handler
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" has no onExit'
#   solution: set spec.onExit to a template that cleans up, alerts and writes the receipt
findings contains finding if {
	some standard in input.standards
	object.get(standard.object, ["spec", "onExit"], "") == ""
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec"]), [standard.object.metadata.name])
}

# METADATA
# title: Exit handler that is not there
# custom:
#   short_name: unknown_template
#   failure_msg: 'onExit of template "%s" is "%s", which is none of its templates'
#   solution: name one of spec.templates
findings contains finding if {
	some standard in input.standards
	handler := standard.object.spec.onExit
	not handler in {template.name | some template in standard.object.spec.templates}
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "onExit"]),
		[standard.object.metadata.name, handler],
	)
}
