# METADATA
# description: What each pipeline is given, gone through once for all rules.
package lib.arguments

import data.lib

# METADATA
# description: Each pipeline's manifest, the template that it refers to, its parameters as they are written and their names.
given := [{"manifest": manifest, "template": template, "parameters": parameters, "names": names} |
	some manifest in lib.cron_workflows
	template := object.get(manifest.object, ["spec", "workflowSpec", "workflowTemplateRef", "name"], "")
	parameters := object.get(manifest.object, ["spec", "workflowSpec", "arguments", "parameters"], [])
	names := {parameter.name | some parameter in parameters}
]

# METADATA
# description: Whether an argument is given, once and with this value.
is_given(entry, name, value) if {
	{"name": name, "value": value} in entry.parameters
	count(entry.names) == count(entry.parameters)
}
