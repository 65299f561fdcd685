# METADATA
# description: |
#   Names that no project may take: those that the platform's own objects and the catalog speak of, each with where it is
#   written, and those that the catalog lists because nothing here speaks of them.
package lib.reserved

import data.lib

# METADATA
# description: Name -> where it is written.
names := {name: where |
	some name in {pair[0] | some pair in _pairs}
	where := min({pair[1] | some pair in _pairs; pair[0] == name})
}

# METADATA
# description: Beginnings of names, without their star.
beginnings := {trim_suffix(listed, "*") | some listed in lib.admission.namespace.reserved; endswith(listed, "*")}

_pairs := (((_listed | _facts) | _accounts) | _services) | _objects

_listed := {[listed, "listed under namespace.reserved in standards/catalog/admission.yaml"] |
	some listed in lib.admission.namespace.reserved
	not endswith(listed, "*")
}

_facts := {[name, sprintf("%s in standards/catalog/platform.yaml", [lib.dotted(path)])] |
	walk(input.catalog.platform, [path, name])
	_is_namespace(path)
	is_string(name)
}

_is_namespace(["namespaces", key]) if key != "summary"

_is_namespace([_, "namespace"])

_is_namespace(["receiver", "account"])

# The namespace and the name of a ServiceAccount that acts in projects' namespaces.
_accounts := {[name, sprintf("of %s in standards/catalog/platform.yaml", [account])] |
	walk(object.get(input.catalog.platform, "accounts", {}), [_, account])
	is_string(account)
	parts := split(account, ":")
	array.slice(parts, 0, 2) == ["system", "serviceaccount"]
	some name in array.slice(parts, 2, 4)
}

# The namespace of a server that is a Service of the cluster.
_services := {[match[1], sprintf("the namespace of endpoint %s in standards/catalog/endpoints.yaml", [endpoint])] |
	some endpoint, facts in object.get(input.catalog, "endpoints", {})
	some match in regex.find_all_string_submatch_n(`//[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:[.:/]|$)`, facts.address, 1)
}

# A project's AppProject bears its name; its Applications add `-platform` and `-pipelines`.
_objects := {[name, sprintf("the name of %s %s in %s", [manifest.kind, manifest.name, manifest.path])] |
	some manifest in input.manifests
	manifest.project == null
	some ending in _endings[manifest.kind]
	endswith(manifest.name, ending)
	name := trim_suffix(manifest.name, ending)
}

_endings := {"AppProject": {""}, "Namespace": {""}, "Application": {"-platform", "-pipelines"}}
