# METADATA
# title: Registered models are changed by who may
# description: |
#   What serves a model follows its aliases. Whoever may score a model moves one, so standards/catalog/registered_models.yaml
#   says whose runs may; a model that is not listed there belongs to the project and pipeline of its name.
package rules.registered_model

import data.lib

# METADATA
# title: Pipeline that annotates a model that is another's
# custom:
#   short_name: annotate
#   failure_msg: 'pipeline "%s" would write its verdicts to the registered model "%s" and move its alias, which %s/%s may not'
#   solution: 'score a model of this project, or have the pipeline listed under annotate in standards/catalog/registered_models.yaml'
findings contains finding if {
	some [project, name, decision, model] in _annotated
	not _may(project, name, model, "annotate")
	finding := lib.finding(
		rego.metadata.chain(), lib.in_pipeline(project, name, [decision]),
		[name, model, project.name, name],
	)
}

# METADATA
# title: Pipeline that registers a model that is another's
# custom:
#   short_name: promote
#   failure_msg: 'pipeline "%s" would register versions of the model "%s", which others are listed to promote'
#   solution: 'rename the pipeline, or have it listed under promote in standards/catalog/registered_models.yaml'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	object.get(lib.standard_of_ref, [pipeline.standard, "limits", "registers"], false)
	model := sprintf("%s.%s", [project.name, name])
	not _may(project, name, model, "promote")
	finding := lib.finding(rego.metadata.chain(), lib.in_pipeline(project, name, ["standard"]), [name, model])
}

# METADATA
# title: Listed pipeline that is not there
# custom:
#   short_name: not_there
#   severity: warning
#   failure_msg: 'the registered model "%s" lists %s under %s, which is not in this tree; whoever has a project of this name later may change the model'
#   solution: 'take it off the list if it is gone; if it is to come, list who owns it under `owners`, so that it is of use to them alone'
findings contains finding if {
	input.whole
	some model, facts in _listed
	not facts.owners
	some right in ["annotate", "promote"]
	some i, listed in facts[right]
	not listed in _pipelines
	finding := lib.finding(
		rego.metadata.chain(), lib.in_catalog("registered_models", [model, right, i]),
		[model, listed, right],
	)
}

_pipelines := {sprintf("%s/%s", [project.name, name]) |
	some project in input.projects
	some name, _ in project.pipelines
} | {name | some name in object.get(input, "elsewhere", [])}

# A served model's own registered model, and the one that a decision names.
_annotated contains [project, name, "endpoint", model] if {
	some project in input.projects
	some name, pipeline in project.pipelines
	model := input.catalog.served_models[pipeline.endpoint].registry.model
}

_annotated contains [project, name, "weights", model] if {
	some project in input.projects
	some name, pipeline in project.pipelines
	model := split(object.get(pipeline, "weights", ""), "@")[0]
	model != ""
}

_listed := object.get(input.catalog, "registered_models", {})

# A project's name may be another owner's later.
_may(project, pipeline, model, right) if {
	sprintf("%s/%s", [project.name, pipeline]) in object.get(_listed, [model, right], [])
	project.owner in object.get(_listed, [model, "owners"], [project.owner])
}

_may(project, _, model, "annotate") if {
	not _listed[model]
	startswith(model, sprintf("%s.", [project.name]))
	model == lower(model) # as fine-tuning registers it; some registries take other letters for a model that is listed
}

_may(_, _, model, "promote") if not _listed[model]
