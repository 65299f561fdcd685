# METADATA
# title: Pods within the owner's budget
# description: |
#   Pods that run at a time take quota from everyone else in the cluster.
package rules.parallelism_budget

import data.lib
import data.lib.budget

# METADATA
# title: Owner over its budget of pods
# custom:
#   short_name: over_limit
#   failure_msg: 'pipeline "%s" asks for %v pods at a time (size "%s"), which brings %s to %v, over its budget of %v'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some excess in budget.over("pods")
	use := excess.use
	finding := lib.finding(
		rego.metadata.chain(), use.at,
		[use.pipeline, use.pods, use.size, use.owner, excess.total, excess.granted],
	)
}
