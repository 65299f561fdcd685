# METADATA
# title: Each argument within its pattern
# description: |
#   An argument is untrusted text. Its pattern in standard.yaml limits what it may be, in the pull request and in the cluster.
package rules.argument_pattern

import data.lib

# METADATA
# title: Argument outside its pattern
# custom:
#   short_name: unmatched
#   failure_msg: '%s: the argument %s is %s, which does not match %s'
#   solution: 'change the decision that it comes from, or widen the pattern in standard.yaml with the reason'
findings contains finding if {
	some entry in strange
	pattern := patterns[entry.template][entry.name]
	is_string(entry.value)
	not regex.match(_whole(pattern), entry.value)
	finding := lib.finding(
		rego.metadata.chain(), entry.at,
		[entry.path, entry.name, json.marshal(entry.value), pattern],
	)
}

# METADATA
# title: Argument that is not text
# custom:
#   short_name: not_text
#   failure_msg: '%s: the argument %s is %s, which is not text'
#   solution: 'quote it; every argument of a workflow is text'
findings contains finding if {
	some entry in strange
	not is_string(entry.value)
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.path, entry.name, json.marshal(entry.value)])
}

# METADATA
# title: Argument that the standard does not have
# custom:
#   short_name: unknown
#   failure_msg: '%s: the template %s has no argument %s'
#   solution: 'take it out, or declare it under parameters in standard.yaml'
findings contains finding if {
	some entry in strange
	lib.standard_of_template[entry.template]
	not patterns[entry.template][entry.name]
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.path, entry.template, entry.name])
}

# METADATA
# title: Parameter that is not a name and a value
# custom:
#   short_name: malformed
#   failure_msg: '%s: a parameter holds %s'
#   solution: 'write name and value, and nothing that fetches a value from elsewhere'
findings contains finding if {
	some entry in strange
	extra := object.keys(entry.parameter) - {"name", "value"}
	count(extra) > 0
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.path, concat(", ", sort(extra))])
}

# METADATA
# title: Argument that is given twice
# description: |
#   Which of the two holds is for the controller to choose.
# custom:
#   short_name: twice
#   failure_msg: '%s: the argument %s is given %v times'
#   solution: 'leave one'
findings contains finding if {
	some entry in given
	count({name | some name in entry.names}) < count(entry.names)
	some name in {name | some name in entry.names}
	times := count([other | some other in entry.names; other == name])
	times > 1
	finding := lib.finding(rego.metadata.chain(), _at(entry.manifest, name), [entry.manifest.path, name, times])
}

# METADATA
# title: Argument that is left out
# description: |
#   The template's default would take its place, which nobody decided for this pipeline.
# custom:
#   short_name: left_out
#   failure_msg: '%s: the argument %s of the template %s is not given'
#   solution: 'leave the arguments to dac render, which writes every one that is not marked by_hand in standard.yaml'
findings contains finding if {
	some entry in given
	missing := merged[entry.template] - {name | some name in entry.names}
	some name in missing
	finding := lib.finding(
		rego.metadata.chain(), _at(entry.manifest, name),
		[entry.manifest.path, name, entry.template],
	)
}

given := [{"manifest": manifest, "template": template, "names": names} |
	some manifest in lib.cron_workflows
	template := object.get(manifest.object, ["spec", "workflowSpec", "workflowTemplateRef", "name"], "")
	arguments := object.get(manifest.object, ["spec", "workflowSpec", "arguments", "parameters"], [])
	names := [parameter.name | some parameter in arguments]
]

# What a template is always given.
merged := {template: {name | some name, facts in standard.parameters; not facts.by_hand} |
	some template, standard in lib.standard_of_template
}

_at(manifest, name) := lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", name])

# The few that are looked at closely, out of the very many that are as they should be.
strange := [entry |
	some manifest in lib.cron_workflows
	some i, parameter in manifest.object.spec.workflowSpec.arguments.parameters
	template := object.get(manifest.object, ["spec", "workflowSpec", "workflowTemplateRef", "name"], "")
	not _sound(parameter, object.get(_wholes, [template, object.get(parameter, "name", "")], ""))
	entry := {
		"path": manifest.path,
		"at": lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", object.get(parameter, "name", i)]),
		"template": template,
		"parameter": parameter,
		"name": object.get(parameter, "name", ""),
		"value": object.get(parameter, "value", null),
	}
]

_sound(parameter, pattern) if {
	pattern != ""
	is_string(parameter.value)
	regex.match(pattern, parameter.value)
	count(parameter) == 2
}

# The whole value must match, whether or not the pattern says so.
_whole(pattern) := sprintf("^(?:%s)$", [pattern])

patterns := {template: {name: parameter.pattern | some name, parameter in standard.parameters} |
	some template, standard in lib.standard_of_template
}

_wholes := {template: {name: _whole(pattern) | some name, pattern in of_template; pattern != ""} |
	some template, of_template in patterns
}
