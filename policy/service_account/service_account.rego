# METADATA
# title: Pods run as the standard's own account
# description: |
#   Each standard has one account with the rights that its steps need. The default account is not used.
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
	some entry in pods.templates
	account := entry.template.serviceAccountName
	account != entry.standard.service_account
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["serviceAccountName"])),
		[entry.name, account],
	)
}

# METADATA
# title: Executor that is another account
# custom:
#   short_name: executor
#   failure_msg: 'the executor of "%s" is "%s"; the platform has "%s" for it'
#   solution: 'set executor.serviceAccountName of the workflow to catalog.platform.executor.account'
findings contains finding if {
	some entry in array.concat(pods.templates, _wholes)
	account := entry.template.executor.serviceAccountName
	account != input.catalog.platform.executor.account
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, array.concat(entry.pointer, ["executor"])),
		[entry.name, account, input.catalog.platform.executor.account],
	)
}

# METADATA
# title: Token in a step's container
# description: |
#   A step's own program could report another step's outputs with it; only the container that Argo adds may have one.
# custom:
#   short_name: token
#   failure_msg: 'the containers of "%s" are given a token of the cluster'
#   solution: 'write automountServiceAccountToken: false and executor.serviceAccountName in the spec of the workflow'
findings contains finding if {
	some entry in array.concat(_wholes, [template | some template in pods.templates; template.template.automountServiceAccountToken])
	object.get(entry.template, "automountServiceAccountToken", true) != false
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name])
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

# What the workflow itself says for all of its templates.
_wholes := [{"standard": standard, "pointer": ["spec"], "name": standard.object.metadata.name, "template": standard.object.spec} |
	some standard in input.standards
]

# One look at all manifests: a rule by project would look through them all for each project.
accounts := {[manifest.project, manifest.name] | some manifest in _accounts} | {[project, lib.named(project, manifest, "name")] |
	some manifest in _accounts
	some project in manifest.also
}

_accounts := [manifest | some manifest in input.manifests; manifest.kind == "ServiceAccount"]
