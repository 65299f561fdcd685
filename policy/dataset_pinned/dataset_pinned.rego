# METADATA
# title: Datasets pinned by digest
# description: |
#   The data decides what a model learns and how it is scored. The file at an address can change without a pull request; a
#   digest makes such a change visible.
package rules.dataset_pinned

import data.lib

# METADATA
# title: Dataset that is not pinned
# custom:
#   short_name: missing
#   value: 0
#   failure_msg: '"%s" of pipeline "%s" has no digest, so what is read may change with nobody''s decision'
#   solution: 'add @sha256: and what sha256sum says of the file'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	some decision in object.get(lib.standard_of_ref, [pipeline.standard, "limits", "pinned"], [])
	address := pipeline[decision]
	contains(address, "://") # a dataset of the catalog has its digest there
	not regex.match(`@sha256:[0-9a-f]{64}$`, address)
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, [decision]), [decision, name])
}
