# METADATA
# title: Finished workflows are removed
# description: Workflows that stay fill the API server; the receipt outlives them.
package rules.ttl

import data.lib

# METADATA
# title: No time to live
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" does not say how long a run that %s stays'
#   solution: set spec.ttlStrategy.secondsAfterCompletion
findings contains finding if {
	some standard in input.standards
	strategy := object.get(standard.object, ["spec", "ttlStrategy"], {})
	not lib.is_count(object.get(strategy, "secondsAfterCompletion", null))
	some [key, end] in [["secondsAfterSuccess", "succeeds"], ["secondsAfterFailure", "fails"]]
	not lib.is_count(object.get(strategy, key, null))
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "ttlStrategy"]),
		[standard.object.metadata.name, end],
	)
}

# METADATA
# title: Time to live over the limit
# custom:
#   short_name: over_limit
#   failure_msg: '%s of template "%s" is %v, over the limit of %v seconds'
#   solution: lower it, or raise limits.ttl_seconds in standard.yaml with the reason
findings contains finding if {
	some standard in input.standards
	some key, seconds in standard.object.spec.ttlStrategy
	limit := object.get(standard.limits, "ttl_seconds", 0)
	seconds > limit
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "ttlStrategy", key]),
		[key, standard.object.metadata.name, seconds, limit],
	)
}
