# METADATA
# title: Pods within the owner's budget
# description: |
#   Pods that run at the same time take capacity from every other project.
#   `dac check PROJECT` counts the owner's other projects too.
package rules.parallelism_budget

import data.lib
import data.lib.budget

# METADATA
# title: Owner over its budget of pods
# custom:
#   short_name: over_limit
#   sums: owner
#   value: 1
#   wider: more
#   failure_msg: '%s asks for %v pod%s at a time by its pipelines (%v of them), over its budget of %v; pipeline "%s" asks for %v of them (size "%s")'
#   solution: 'choose a smaller size, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some excess in budget.over("pods")
	most := excess.most
	finding := lib.finding(
		rego.metadata.chain(), budget.at(most),
		[excess.owner, excess.total, lib.ending(excess.total), excess.pipelines, excess.granted, most.pipeline, most.pods, most.size],
	)
}

# METADATA
# title: Pods that cannot be counted
# custom:
#   short_name: uncounted
#   failure_msg: 'size "%s" of pipeline "%s" says nothing of the pods "%s" that %s counts'
#   solution: 'write them under pods of the size in standards/catalog/sizes.yaml, or fix limits.pod and limits.beside of the standard'
findings contains finding if {
	some asked in budget.uncounted
	finding := lib.finding(rego.metadata.chain(), budget.at(asked), [asked.size, asked.pipeline, asked.role, lib.ref(lib.standard_of_template[asked.template])])
}
