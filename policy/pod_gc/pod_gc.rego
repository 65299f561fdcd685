# METADATA
# title: Finished pods are removed
# description: Pods that stay fill the node and the API server.
package rules.pod_gc

import data.lib

# METADATA
# title: No pod garbage collection
# custom:
#   short_name: missing
#   failure_msg: 'podGC.strategy of template "%s" is "%s"'
#   solution: set spec.podGC.strategy to one that standards/catalog/admission.yaml lists under pod.gc_strategies
findings contains finding if {
	some standard in input.standards
	strategy := object.get(standard.object, ["spec", "podGC", "strategy"], "")
	not strategy in lib.admission.pod.gc_strategies
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "podGC"]),
		[standard.object.metadata.name, strategy],
	)
}
