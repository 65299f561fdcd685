# METADATA
# title: Money within the owner's budget
# description: |
#   What an owner's pipelines may cost in thirty days, at the catalog's prices, stays within its budget. Counted is the upper
#   bound of the estimate that `dac plan` prints: the figures of the standard's `estimate`, and where it knows no amount of
#   work, the deadlines of the pods. A pipeline that starts only by hand counts once. `dac check PROJECT` counts the
#   owner's other projects too.
package rules.monthly_usd

import data.lib
import data.lib.budget

_uses := [{"owner": owner, "usd": _counted(cost), "cost": cost, "manifest": manifest} |
	some manifest in lib.cron_workflows
	cost := object.get(manifest, "cost", {"least": 0, "most": null, "unknown": ["nobody estimated it"]})
	owner := object.get(_owner, manifest.project, "")
]

_of_owner[use.owner] contains i if some i, use in _uses

_owner := {project.name: project.owner | some project in input.projects}

# Where no upper bound is known, the lower one counts, and the second rule below says that it is not all.
_counted(cost) := cost.most if cost.most != null

_counted(cost) := cost.least if cost.most == null

# METADATA
# title: Owner over its budget of money
# custom:
#   short_name: over_limit
#   sums: owner
#   value: 1
#   wider: more
#   failure_msg: '%s may spend %v US dollars in 30 days, over its budget of %v; pipeline "%s" may spend %v of them'
#   solution: 'choose a smaller size or a rarer schedule, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some owner, own in _of_owner
	total := sum([_uses[i].usd | some i in own])
	granted := object.get(input.catalog.owners[owner], ["budget", "monthly_usd"], 0)
	total > granted
	greatest := max([_uses[i].usd | some i in own])
	most := [_uses[i] | some i in own; _uses[i].usd == greatest][0]
	finding := lib.finding(
		rego.metadata.chain(), budget.at(most),
		[owner, ceil(total), granted, most.manifest.object.metadata.name, ceil(most.usd)],
	)
}

# METADATA
# title: Pipeline whose cost is unknown
# custom:
#   short_name: unknown
#   severity: warning
#   failure_msg: 'what pipeline "%s" may cost in 30 days is unknown, so its owner''s budget cannot be held: %s'
#   solution: 'add what is missing to `estimate` in its standard.yaml, or to standards/catalog/prices.yaml'
findings contains finding if {
	some use in _uses
	use.cost.most == null
	finding := lib.finding(
		rego.metadata.chain(), budget.at(use),
		[use.manifest.object.metadata.name, concat("; ", use.cost.unknown)],
	)
}
