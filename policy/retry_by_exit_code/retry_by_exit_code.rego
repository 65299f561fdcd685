# METADATA
# title: Tried again by exit code
# description: |
#   The exit code of a program says whether another try can help. Wrong input and defects fail at once, so that a person looks.
package rules.retry_by_exit_code

import data.lib
import data.lib.pods

# METADATA
# title: No strategy for trying again
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" has no retryStrategy with an expression'
#   solution: 'copy the expression from pod.retry_expressions of standards/catalog/admission.yaml'
findings contains finding if {
	some entry in pods.pods
	object.get(entry.template, ["retryStrategy", "expression"], "") == ""
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name])
}

# METADATA
# title: Tried again for other reasons
# custom:
#   short_name: other_expression
#   failure_msg: 'template "%s" is tried again if: %s'
#   solution: 'use an expression from pod.retry_expressions of standards/catalog/admission.yaml'
findings contains finding if {
	some entry in pods.pods
	expression := entry.template.retryStrategy.expression
	expression != ""
	not _one_line(expression) in {_one_line(allowed) | some allowed in lib.admission.pod.retry_expressions}
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["retryStrategy", "expression"])),
		[entry.name, _one_line(expression)],
	)
}

# METADATA
# title: Policy that hides the expression
# custom:
#   short_name: policy
#   failure_msg: 'retryPolicy of template "%s" is "%s"'
#   solution: 'set it to Always; the expression alone decides'
findings contains finding if {
	some entry in pods.pods
	policy := object.get(entry.template, ["retryStrategy", "retryPolicy"], "")
	policy != "Always"
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["retryStrategy"])),
		[entry.name, policy],
	)
}

# METADATA
# title: Tried again without end
# custom:
#   short_name: no_limit
#   failure_msg: 'retryStrategy.limit of template "%s" is %v; at most %v are allowed'
#   solution: 'set it to a number within that'
findings contains finding if {
	some entry in pods.pods
	limit := object.get(entry.template, ["retryStrategy", "limit"], "missing")
	not _few(limit)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["retryStrategy"])),
		[entry.name, limit, lib.admission.pod.retry_limit],
	)
}

# Argo takes the limit as a number or as its text.
_few(limit) if {
	regex.match(`^[0-9]{1,3}$`, sprintf("%v", [limit]))
	to_number(limit) <= lib.admission.pod.retry_limit
}

_one_line(expression) := trim_space(regex.replace(expression, `\s+`, " "))
