# METADATA
# title: A CronWorkflow holds a reference and arguments
# description: |
#   Everything else belongs to the template. Fields with defaults are written too, so that a manual change in the cluster shows.
package rules.workflow_spec

import data.lib
import data.lib.arguments

# METADATA
# title: Key that is not a project's to set
# custom:
#   short_name: forbidden_key
#   failure_msg: '%s: %s is not a project''s to set'
#   solution: 'take it out; what a project may set is in standards/catalog/admission.yaml and in the arguments of its standard'
findings contains finding if {
	some manifest in _unusual
	some [where, allowed] in _allowed
	some key in ({key | some key, _ in object.get(manifest.object, where, {})} - allowed)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, array.concat(where, [key])),
		[manifest.path, lib.dotted(array.concat(where, [key]))],
	)
}

# METADATA
# title: Key that is always written
# custom:
#   short_name: missing_key
#   failure_msg: '%s: spec.%s is not written'
#   solution: 'write it, so that drift from it can be seen'
findings contains finding if {
	some manifest in _incomplete
	some key in lib.admission.cron_workflow.required
	object.get(manifest.object.spec, key, null) == null
	finding := lib.finding(rego.metadata.chain(), lib.in_manifest(manifest, ["spec"]), [manifest.path, key])
}

# METADATA
# title: Label or annotation that a controller acts on
# custom:
#   short_name: steering
#   failure_msg: '%s: metadata.%s.%s tells a controller what to do'
#   solution: 'take it out; how it may not begin is listed under cron_workflow.steering of standards/catalog/admission.yaml'
findings contains finding if {
	count(_steering) > 0
	some manifest in lib.cron_workflows
	some where in ["annotations", "labels"]
	some key in (_keys(manifest, where) & _steering)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["metadata", where, key]),
		[manifest.path, where, key],
	)
}

# METADATA
# title: Argument `pipeline` that is not its name
# description: |
#   Runs are compared with the CronWorkflow that this argument names, and write under that name.
# custom:
#   short_name: another_pipeline
#   failure_msg: '%s: the argument pipeline is %s; the CronWorkflow is named "%s"'
#   solution: 'take the argument from pipeline.workflow in standard.yaml'
findings contains finding if {
	some entry in arguments.given
	manifest := entry.manifest
	not arguments.is_given(entry, "pipeline", manifest.name)
	values := {object.get(parameter, "value", null) | some parameter in entry.parameters; parameter.name == "pipeline"}
	values != {manifest.name}
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "workflowSpec", "arguments", "parameters", "pipeline"]),
		[manifest.path, json.marshal(values), manifest.name],
	)
}

# METADATA
# title: Reference to no standard
# custom:
#   short_name: unknown_template
#   failure_msg: '%s: workflowTemplateRef %s is not a cluster-scoped template of a standard'
#   solution: 'refer to the template of a standard, with clusterScope: true'
findings contains finding if {
	some manifest in lib.cron_workflows
	ref := object.get(manifest.object, ["spec", "workflowSpec", "workflowTemplateRef"], {})
	not ref in _published
	not _is_published(ref)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "workflowSpec", "workflowTemplateRef"]),
		[manifest.path, json.marshal(ref)],
	)
}

# The few that are looked at closely, out of the very many that hold the allowed keys alone.
_unusual := [manifest |
	some manifest in lib.cron_workflows
	json.remove(manifest.object, _allowed_paths) != {"metadata": {}, "spec": {"workflowSpec": {"arguments": {}, "workflowTemplateRef": {}}}}
]

_allowed_paths := [array.concat(where, [key]) |
	some [where, keys] in _allowed
	some key in keys
	not array.concat(where, [key]) in [inner | some [inner, _] in _allowed]
]

_incomplete := [manifest |
	some manifest in lib.cron_workflows
	not _complete(manifest.object.spec)
]

_complete(spec) if {
	_required - object.keys(spec) == set()
	not null in spec
}

_required := {key | some key in lib.admission.cron_workflow.required}

# Of all keys that any of them has, those that steer.
_steering := {key |
	some key in union({_keys(manifest, where) | some manifest in lib.cron_workflows; some where in ["annotations", "labels"]})
	not key in lib.admission.cron_workflow.marks
	some beginning in lib.admission.cron_workflow.steering
	startswith(key, beginning)
}

_keys(manifest, where) := {key | some key, _ in object.get(manifest.object, ["metadata", where], {})}

_allowed := [[where, {key | some key in keys}] |
	some [where, keys] in [
		[[], ["apiVersion", "kind", "metadata", "spec"]],
		[["metadata"], lib.admission.cron_workflow.metadata],
		[["spec"], lib.admission.cron_workflow.spec],
		[["spec", "workflowSpec"], lib.admission.cron_workflow.workflow_spec],
		[["spec", "workflowSpec", "arguments"], ["parameters"]],
		[["spec", "workflowSpec", "workflowTemplateRef"], ["clusterScope", "name"]],
	]
]

# As they are always written, so that very many need no closer look.
_published := {{"clusterScope": true, "name": name} | some name, _ in lib.standard_of_template}

_is_published(ref) if {
	ref.clusterScope == true
	lib.standard_of_template[ref.name]
}
