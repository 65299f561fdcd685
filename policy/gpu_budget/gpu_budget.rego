# METADATA
# title: GPUs within the owner's budget
# description: |
#   GPUs are the dearest thing that a decision asks for; an owner's pipelines together stay within what it was granted.
package rules.gpu_budget

import data.lib
import data.lib.budget

# METADATA
# title: Owner over its budget of gpus
# custom:
#   short_name: over_limit
#   failure_msg: 'pipeline "%s" asks for %v GPUs (size "%s"), which brings %s to %v, over its budget of %v'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some excess in budget.over("gpus")
	use := excess.use
	finding := lib.finding(
		rego.metadata.chain(), use.at,
		[use.pipeline, use.gpus, use.size, use.owner, excess.total, excess.granted],
	)
}
