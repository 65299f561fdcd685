# METADATA
# title: Quotas within the owner's budget
# description: |
#   A namespace's quota is what the sizes of its pipelines ask for. All namespaces of an owner together stay within its budget.
#   `dac check PROJECT` counts the owner's other projects too.
package rules.quota_budget

import data.lib
import data.lib.budget

# METADATA
# title: Quotas over the owner's budget
# custom:
#   short_name: over_limit
#   sums: owner
#   value: 2
#   failure_msg: 'the quotas of %s''s projects (%v of them) come to %s, over its budget of %s; the biggest: %s'
#   solution: 'choose a smaller size for one of them, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some owner, own in _of_owner
	facts := input.catalog.owners[owner]
	some unit, resource in _resources
	not _reported[unit][owner]
	total := sum([amount | some hard, number in _alike[owner]; amount := number * units.parse(hard[resource])])
	granted := units.parse(sprintf("%v", [object.get(facts, ["budget", unit], 0)]))
	total > granted
	biggest := array.reverse(sort([[units.parse(quota.hard[resource]), quota.project.name] | some quota in own]))
	most := [quota.project | some quota in own; quota.project.name == biggest[0][1]][0]
	finding := lib.finding(
		rego.metadata.chain(), lib.in_decisions(most, ["owner"]),
		[owner, count(own), _amount(unit, total), _amount(unit, granted), _named(unit, biggest)],
	)
}

# What a budget grants, and the resource of a quota that it is held against: requests, but the memory that may be used.
_resources := {
	"cpu": "requests.cpu",
	"memory": "limits.memory",
	"storage": "requests.storage",
	"gpus": "requests.nvidia.com/gpu",
	"pods": "pods",
}

# What the rules about pipelines say already.
_reported := {unit: {excess.owner: true | some excess in budget.over(unit)} | some unit in ["gpus", "pods"]}

# With the place of each, since two of a project may be alike.
_of_owner[project.owner] contains {"project": project, "hard": manifest.object.spec.hard, "place": i} if {
	some i, manifest in input.manifests
	manifest.kind == "ResourceQuota"
	project := _project[manifest.project]
}

# How many of an owner's quotas say the same: sizes are few, and to parse an amount takes long.
_alike := {owner: {hard: count([quota | some quota in own; quota.hard == hard]) | some hard in {quota.hard | some quota in own}} |
	some owner, own in _of_owner
}

_project := {project.name: project | some project in input.projects}

_named(unit, biggest) := concat(", ", [sprintf("%s (%s)", [of[1], _amount(unit, of[0])]) | some of in array.slice(biggest, 0, 3)])

_amount(unit, amount) := sprintf("%v GiB of %s", [round((amount * 100) / 1073741824) / 100, unit]) if unit in {"memory", "storage"}

_amount("cpu", amount) := lib.counted(round(amount * 1000) / 1000, "CPU")

_amount("gpus", amount) := lib.counted(amount, "GPU")

_amount("pods", amount) := lib.counted(amount, "pod")
