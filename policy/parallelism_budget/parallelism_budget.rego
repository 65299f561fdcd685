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
#   failure_msg: '%s asks for %v pods at a time by its pipelines (%v of them), over its budget of %v; pipeline "%s" asks for %v of them (size "%s")'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some excess in budget.over("pods")
	most := excess.most
	finding := lib.finding(
		rego.metadata.chain(), most.at,
		[excess.owner, excess.total, excess.pipelines, excess.granted, most.pipeline, most.pods, most.size],
	)
}
