# METADATA
# title: Every standard is seen in Prometheus
# description: |
#   Without metrics, a failure is noticed first by the users of the pipeline.
package rules.metrics

import data.lib

# METADATA
# title: No metrics
# custom:
#   short_name: missing
#   failure_msg: 'template "%s" has no spec.metrics.prometheus'
#   solution: 'count its runs and their duration there'
findings contains finding if {
	some standard in input.standards
	count(object.get(standard.object, ["spec", "metrics", "prometheus"], [])) == 0
	finding := lib.finding(rego.metadata.chain(), lib.in_template(standard, ["spec"]), [standard.object.metadata.name])
}
