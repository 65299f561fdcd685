# METADATA
# title: Base models whose licence allows what is made of them
# description: |
#   The licence of a base model also binds the models that are trained from it, whoever deploys them.
package rules.licence_allowed

import data.lib

_uses contains [project, name, model, licence] if {
	some project in input.projects
	some name, pipeline in project.pipelines
	model := pipeline.base_model
	licence := object.get(input.catalog, ["base_models", model, "licence"], "none")
}

# METADATA
# title: Licence that forbids commercial use
# custom:
#   short_name: forbidden
#   value: 1
#   failure_msg: 'pipeline "%s" starts from "%s", whose licence %s forbids use in a product'
#   solution: 'choose a base model under another licence, or ask the platform team for a waiver with the reason'
findings contains finding if {
	some [project, name, model, licence] in _uses
	input.catalog.licences[licence].commercial == false
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, ["base_model"]), [name, model, licence])
}

# METADATA
# title: Licence that nobody has looked at
# custom:
#   short_name: unknown
#   value: 1
#   failure_msg: 'pipeline "%s" starts from "%s", whose licence (%s) is not in standards/catalog/licences.yaml'
#   solution: 'have it looked at, and write down what it allows'
findings contains finding if {
	some [project, name, model, licence] in _uses
	model in object.keys(object.get(input.catalog, "base_models", {}))
	not licence in object.keys(object.get(input.catalog, "licences", {}))
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, ["base_model"]), [name, model, licence])
}
