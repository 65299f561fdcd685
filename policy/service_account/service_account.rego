# METADATA
# title: Pods run as the standard's own account
# description: |
#   One account a standard holds what its steps need and no more; the default account is nobody's.
package rules.service_account

import data.lib
import data.lib.pods

# METADATA
# title: Template that names another account
# custom:
#   short_name: wrong
#   failure_msg: 'serviceAccountName of template "%s" is "%s"; its standard says "%s"'
#   solution: 'set spec.serviceAccountName to service_account of standard.yaml'
findings contains finding if {
	some standard in input.standards
	name := object.get(standard.object, ["spec", "serviceAccountName"], "")
	name != standard.service_account
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(standard, ["spec", "serviceAccountName"]),
		[standard.object.metadata.name, name, standard.service_account],
	)
}

# METADATA
# title: Standard without an account of its own
# custom:
#   short_name: default
#   failure_msg: '%s has the service account "%s"'
#   solution: 'name an account of its own under service_account'
findings contains finding if {
	some standard in input.standards
	standard.service_account in {"", "default"}
	finding := lib.finding(rego.metadata.chain(), lib.in_standard(standard, ["service_account"]), [lib.ref(standard), standard.service_account])
}

# METADATA
# title: Step that runs as another account
# custom:
#   short_name: of_template
#   failure_msg: 'template "%s" runs as "%s"'
#   solution: 'take serviceAccountName out; spec.serviceAccountName names the account of the standard'
findings contains finding if {
	some entry in array.concat(pods.templates, _wholes)
	some key in ["serviceAccountName", "executor"]
	account := _account(entry.template[key])
	account != entry.standard.service_account
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, [key])),
		[entry.name, account],
	)
}

# METADATA
# title: Project without the account
# custom:
#   short_name: not_in_namespace
#   failure_msg: 'project %s uses %s, but none of its manifests is the ServiceAccount "%s"'
#   solution: 'let the namespace baseline under standards/platform make one for each standard used'
findings contains finding if {
	some project in input.projects
	some name, pipeline in project.pipelines
	account := lib.standard_of_ref[pipeline.standard].service_account
	not [project.name, account] in accounts
	finding := lib.finding(
		rego.metadata.chain(), lib.in_pipeline(project, name, ["standard"]),
		[project.name, pipeline.standard, account],
	)
}

# What the workflow itself says of the account of its executors.
_wholes := [{"standard": standard, "pointer": ["spec"], "name": standard.object.metadata.name, "template": template} |
	some standard in input.standards
	template := {"executor": standard.object.spec.executor}
]

_account(value) := value if is_string(value)

else := value.serviceAccountName

# One look at all manifests: a rule by project would look through them all for each project.
accounts := {[manifest.project, manifest.name] |
	some manifest in input.manifests
	manifest.kind == "ServiceAccount"
}
