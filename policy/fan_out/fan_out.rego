# METADATA
# title: Fan-out has a bound
# description: |
#   Argo keeps every node of a run in one object, whose size Kubernetes limits; a thousand nodes fit.
package rules.fan_out

import data.lib
import data.lib.pods

# METADATA
# title: Fan-out over an unbounded list
# custom:
#   short_name: no_bound
#   failure_msg: 'task "%s" fans out over a list, and %s says no limits.max_shards'
#   solution: 'set limits.max_shards in standard.yaml, at most 1000'
findings contains finding if {
	some entry in fans
	entry.task.withParam
	not lib.is_count(object.get(entry.standard.limits, "max_shards", null))
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.task.name, lib.ref(entry.standard)])
}

# METADATA
# title: Bound over the limit
# custom:
#   short_name: over_limit
#   failure_msg: 'limits.max_shards of %s is %v, over the limit of %v'
#   solution: 'lower it; make a shard hold more instead'
findings contains finding if {
	some standard in input.standards
	standard.limits.max_shards > lib.admission.pod.fan_out
	finding := lib.finding(
		rego.metadata.chain(), lib.in_standard(standard, ["limits", "max_shards"]),
		[lib.ref(standard), standard.limits.max_shards, lib.admission.pod.fan_out],
	)
}

# METADATA
# title: Size with too many shards
# custom:
#   short_name: size
#   failure_msg: 'size "%s" has %v shards, over the limit of %v of %s'
#   solution: 'lower it; make a shard hold more instead'
findings contains finding if {
	some standard in input.standards
	some name, size in input.catalog.sizes
	shards := size.settings[standard.name].shards
	shards > object.get(standard.limits, "max_shards", 0)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_catalog("sizes", [name, "settings", standard.name, "shards"]),
		[name, shards, object.get(standard.limits, "max_shards", 0), lib.ref(standard)],
	)
}

# METADATA
# title: Too many items
# custom:
#   short_name: too_many
#   failure_msg: 'task "%s" fans out to %v, over the limit of %v'
#   solution: 'lower it'
findings contains finding if {
	some entry in fans
	some items in _literal(entry.task)
	items > lib.admission.pod.fan_out
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.task.name, items, lib.admission.pod.fan_out])
}

# METADATA
# title: Sequence without a bound
# custom:
#   short_name: no_sequence_bound
#   failure_msg: 'task "%s" has a sequence whose length is not written, and %s says no limits.max_sequence'
#   solution: 'write the length, or set limits.max_sequence in standard.yaml'
findings contains finding if {
	some entry in fans
	some key in ["count", "end"]
	contains(sprintf("%v", [entry.task.withSequence[key]]), "{{")
	not lib.is_count(object.get(entry.standard.limits, "max_sequence", null))
	not _is_lane(entry, json.marshal(entry.task.withSequence))
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.task.name, lib.ref(entry.standard)])
}

# METADATA
# title: Fan-out over an argument
# custom:
#   short_name: from_argument
#   failure_msg: 'task "%s" fans out over an argument: %s'
#   solution: 'fan out over the output of a step, which knows its bound'
findings contains finding if {
	some entry in fans
	some key in ["withParam", "withSequence"]
	text := json.marshal(entry.task[key])
	regex.match(`\b(workflow|inputs)\.parameters\.`, text)
	not _is_lane(entry, text)
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.task.name, text])
}

# METADATA
# title: Fan-out without a cap
# custom:
#   short_name: no_parallelism
#   failure_msg: 'task "%s" fans out with no cap on what runs at a time'
#   solution: 'set spec.parallelism, the template''s parallelism, or a semaphore of what it starts'
findings contains finding if {
	some entry in fans
	not _capped(entry)
	finding := lib.finding(rego.metadata.chain(), entry.at, [entry.task.name])
}

# The tasks and steps that start more than one of their template.
fans := [object.union(entry, {"at": lib.in_template(entry.standard, entry.pointer)}) |
	some entry in pods.tasks
	some key in ["withParam", "withItems", "withSequence"]
	entry.task[key]
]

_literal(task) := [count(task.withItems)] if task.withItems

else := [number | some key in ["count", "end"]; text := task.withSequence[key]; regex.match(`^[0-9]+$`, text); number := to_number(text)]

_capped(entry) if lib.is_count(entry.standard.object.spec.parallelism)

_capped(entry) if lib.is_count(object.get(entry.standard.object, array.concat(array.slice(entry.pointer, 0, 3), ["parallelism"]), null))

_capped(entry) if {
	some template in entry.standard.object.spec.templates
	template.name in _reached(entry.standard, entry.task.template)
	template.synchronization
}

# The names of a template and of all that it calls.
_reached(standard, name) := graph.reachable(calls, {name}) if {
	calls := {template.name: called |
		some template in standard.object.spec.templates
		tasks := array.concat(object.get(template, ["dag", "tasks"], []), [step | some group in object.get(template, "steps", []); some step in group])
		called := {task.template | some task in tasks; task.template}
	}
}

# A part of a list that a step made: its template is called for the items of such a list alone, and given the part by it.
_is_lane(entry, text) if {
	not contains(text, "workflow.parameters.")
	template := entry.standard.object.spec.templates[entry.pointer[2]]
	callers := [call | some call in pods.tasks; call.task.template == template.name; call.standard.folder == entry.standard.folder]
	count(callers) > 0
	every call in callers {
		contains(call.task.withParam, "{{tasks.")
		every argument in call.task.arguments.parameters { startswith(argument.value, "{{item.") }
	}
}
