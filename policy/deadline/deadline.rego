# METADATA
# title: Every run ends
# description: A run that hangs holds its locks, its quota and its GPUs.
package rules.deadline

import data.lib
import data.lib.pods

# METADATA
# title: No deadline of the run
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" has no activeDeadlineSeconds'
#   solution: set spec.activeDeadlineSeconds, within limits.deadline_seconds of standard.yaml
findings contains finding if {
	some standard in input.standards
	not lib.is_count(object.get(standard.object, ["spec", "activeDeadlineSeconds"], null))
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec"]), [standard.object.metadata.name])
}

# METADATA
# title: Deadline over the limit
# custom:
#   short_name: over_limit
#   failure_msg: 'activeDeadlineSeconds of template "%s" is %v, over the limit of %v'
#   solution: lower it, or raise limits.deadline_seconds in standard.yaml with the reason
findings contains finding if {
	some standard in input.standards
	seconds := standard.object.spec.activeDeadlineSeconds
	limit := object.get(standard.limits, "deadline_seconds", 0)
	seconds > limit
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "activeDeadlineSeconds"]),
		[standard.object.metadata.name, seconds, limit],
	)
}

# METADATA
# title: No deadline of a pod
# custom:
#   short_name: pod_without
#   failure_msg: 'template "%s" has no activeDeadlineSeconds; the deadline of the run does not end the exit handler, nor a single step early'
#   solution: set it in the template, or in the podSpecPatch of every size
findings contains finding if {
	some entry in pods.pods
	not _bounded(entry.template)
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name])
}

_bounded(template) if lib.is_count(template.activeDeadlineSeconds)

# By the size's name, as a patch is chosen.
_bounded(template) if {
	every _, seconds in pods.patch_map(template.activeDeadlineSeconds).patches {
		lib.is_count(seconds)
	}
}

_bounded(template) if {
	count(pods.patches(template)) > 0
	every patch in pods.patches(template) {
		lib.is_count(patch.activeDeadlineSeconds)
	}
}
