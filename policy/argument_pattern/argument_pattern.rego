# METADATA
# title: Each argument within its pattern
# description: |
#   An argument is untrusted text. Its pattern in standard.yaml limits what it may be, in the pull request and in the cluster.
package rules.argument_pattern

import data.lib
import data.lib.arguments

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
	some entry in arguments.given
	count(entry.names) < count(entry.parameters)
	some name in entry.names
	times := count([parameter | some parameter in entry.parameters; parameter.name == name])
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
	some entry in arguments.given
	some name in (merged[entry.template] - entry.names)
	finding := lib.finding(
		rego.metadata.chain(), _at(entry.manifest, name),
		[entry.manifest.path, name, entry.template],
	)
}

# What a template is always given.
merged := {template: {name | some name, facts in standard.parameters; not facts.by_hand} |
	some template, standard in lib.standard_of_template
}

_at(manifest, name) := lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", name])

# The few that are looked at closely, out of the very many that are as they should be.
strange := [entry |
	count(_unsound) > 0
	some of_pipeline in arguments.given
	some i, parameter in of_pipeline.parameters
	[of_pipeline.template, parameter] in _unsound
	entry := {
		"path": of_pipeline.manifest.path,
		"at": _at(of_pipeline.manifest, object.get(parameter, "name", i)),
		"template": of_pipeline.template,
		"parameter": parameter,
		"name": object.get(parameter, "name", ""),
		"value": object.get(parameter, "value", null),
	}
]

# Each argument of a template once: very many pipelines have most of theirs in common.
_unsound := {[template, parameter] |
	some [template, parameter] in {[entry.template, parameter] | some entry in arguments.given; some parameter in entry.parameters}
	not _sound(parameter, object.get(_wholes, [template, object.get(parameter, "name", "")], ""))
}

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
