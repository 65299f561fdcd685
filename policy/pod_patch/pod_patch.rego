# METADATA
# title: A patch changes resources and placement
# description: |
#   No other rule sees what a size changes in a pod, so a size may change only what cannot weaken security.
package rules.pod_patch

import data.lib
import data.lib.pods

# METADATA
# title: Key that a patch may not change
# custom:
#   short_name: forbidden_key
#   failure_msg: 'a podSpecPatch of template "%s" sets %s'
#   solution: 'write it in the template, where the rules about it see it'
findings contains finding if {
	some entry in pods.templates
	some patch in pods.patches(entry.template)
	some [where, keys, allowed] in array.concat(
		[["", object.keys(patch), lib.admission.pod.patch.pod]],
		[[sprintf("%s.", [key]), object.keys(container), lib.admission.pod.patch.container] |
			some key in ["containers", "initContainers"]
			some container in object.get(patch, key, [])
		],
	)
	some key in keys
	not key in allowed
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["podSpecPatch"])),
		[entry.name, sprintf("%s%s", [where, key])],
	)
}

# METADATA
# title: Patch of a container that is not there
# custom:
#   short_name: unknown_container
#   failure_msg: 'a podSpecPatch of template "%s" adds the container "%s"'
#   solution: 'write the container in the template; a patch may change its resources'
findings contains finding if {
	some entry in pods.templates
	some patch in pods.patches(entry.template)
	some key in ["containers", "initContainers"]
	some container in object.get(patch, key, [])
	name := object.get(container, "name", "unnamed")
	not name in pods.names(entry.template)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["podSpecPatch"])),
		[entry.name, name],
	)
}

# METADATA
# title: Patch of every pod
# custom:
#   short_name: of_all_pods
#   failure_msg: 'template "%s" has a podSpecPatch for all its pods'
#   solution: 'write it in each template that needs it'
findings contains finding if {
	some standard in input.standards
	standard.object.spec.podSpecPatch
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "podSpecPatch"]),
		[standard.object.metadata.name],
	)
}
