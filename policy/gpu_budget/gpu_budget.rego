# METADATA
# title: GPUs within the owner's budget
# description: |
#   GPUs are the most expensive thing that a decision asks for. All pipelines of an owner together stay within its budget.
#   `dac check PROJECT` counts the owner's other projects too.
package rules.gpu_budget

import data.lib
import data.lib.budget

# METADATA
# title: Owner over its budget of gpus
# custom:
#   short_name: over_limit
#   sums: owner
#   value: 1
#   wider: more
#   failure_msg: '%s asks for %v GPU%s by its pipelines (%v of them), over its budget of %v; pipeline "%s" asks for %v of them (size "%s")'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some excess in budget.over("gpus")
	most := excess.most
	finding := lib.finding(
		rego.metadata.chain(), budget.at(most),
		[excess.owner, excess.total, lib.ending(excess.total), excess.pipelines, excess.granted, most.pipeline, most.gpus, most.size],
	)
}
