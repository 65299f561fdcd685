# METADATA
# title: A CronWorkflow holds a reference and arguments
# description: |
#   Everything else belongs to the template. Fields with defaults are written too, so that a manual change in the cluster shows.
package rules.workflow_spec

import data.lib

# METADATA
# title: Key that is not a project's to set
# custom:
#   short_name: forbidden_key
#   failure_msg: '%s: %s.%s is not a project''s to set'
#   solution: 'take it out; what a project may set is in standards/catalog/admission.yaml and in the arguments of its standard'
findings contains finding if {
	some manifest in lib.cron_workflows
	some [where, allowed] in [
		[["spec"], lib.admission.cron_workflow.spec],
		[["spec", "workflowSpec"], lib.admission.cron_workflow.workflow_spec],
		[["spec", "workflowSpec", "arguments"], ["parameters"]],
		[["spec", "workflowSpec", "workflowTemplateRef"], ["clusterScope", "name"]],
	]
	some key, _ in object.get(manifest.object, where, {})
	not key in allowed
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, array.concat(where, [key])),
		[manifest.path, lib.dotted(where), key],
	)
}

# METADATA
# title: Key that is always written
# custom:
#   short_name: missing_key
#   failure_msg: '%s: spec.%s is not written'
#   solution: 'write it, so that drift from it can be seen'
findings contains finding if {
	some manifest in lib.cron_workflows
	some key in lib.admission.cron_workflow.required
	object.get(manifest.object.spec, key, null) == null
	finding := lib.finding(rego.metadata.chain(), lib.in_manifest(manifest, ["spec"]), [manifest.path, key])
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
	not _known(ref)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "workflowSpec", "workflowTemplateRef"]),
		[manifest.path, json.marshal(ref)],
	)
}

_known(ref) if {
	ref.clusterScope == true
	lib.standard_of_template[ref.name]
}
