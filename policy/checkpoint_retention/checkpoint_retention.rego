# METADATA
# title: Checkpoints are kept for a stated time only
# description: |
#   Checkpoints are the largest files of a run, and contain what the model learned from its data. Each standard that writes
#   them sets for how many days they are kept, and passes that number to its exit handler, which removes them.
package rules.checkpoint_retention

import data.lib

_writes contains standard if {
	some standard in input.standards
	some template in standard.object.spec.templates
	object.get(template, ["container", "command"], [])[_] == "train"
}

# METADATA
# title: No retention, or one over the limit
# custom:
#   short_name: missing
#   failure_msg: '%s writes checkpoints and its limits.retention_days is %v; it must be a number above 0 and at most %v'
#   solution: set limits.retention_days in standard.yaml
findings contains finding if {
	some standard in _writes
	days := object.get(standard.limits, "retention_days", null)
	most := object.get(standard.limits, "max_retention_days", 90)
	not _is_kept(days, most)
	finding := lib.finding(rego.metadata.chain(), lib.in_standard(standard, ["limits", "retention_days"]), [lib.ref(standard), days, most])
}

_is_kept(days, most) if {
	lib.is_count(days)
	days <= most
}

# METADATA
# title: Exit handler that is not told
# custom:
#   short_name: not_applied
#   failure_msg: 'the exit handler of template "%s" is not given RETENTION_DAYS %v, so checkpoints stay'
#   solution: 'give it the variable RETENTION_DAYS, from standard.limits.retention_days'
findings contains finding if {
	some standard in _writes
	days := object.get(standard.limits, "retention_days", 0)
	spec := standard.object.spec
	handlers := [template | some template in spec.templates; template.name == object.get(spec, "onExit", "")]
	in_handlers := {variable.value |
		some template in handlers
		some variable in object.get(template, ["container", "env"], [])
		variable.name == "RETENTION_DAYS"
	}
	in_handlers != {sprintf("%v", [days])}
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec", "onExit"]), [standard.object.metadata.name, days])
}
