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

# METADATA
# description: Ends of names, without their star.
endings := {trim_prefix(listed, "*") | some listed in lib.admission.namespace.reserved; startswith(listed, "*")}

_pairs := (((_listed | _facts) | _accounts) | _services) | _objects

# With a star among them, which stands in no project's name.
_listed := {[listed, "listed under namespace.reserved in standards/catalog/admission.yaml"] |
	some listed in lib.admission.namespace.reserved
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

# The namespace of a server that is a Service of the cluster: behind the Service's name, before `svc` where that follows.
# A pod's resolver tries every name in the cluster first, so that the last label of any can be a namespace.
_services := {[namespace, sprintf("the namespace of %s", [where])] |
	some where, address in _addresses
	labels := split(trim_right(_host(address), "."), ".")
	some i, namespace in labels
	i > 0
	_before_svc(labels, i)
}

_before_svc(labels, i) if i == count(labels) - 1

_before_svc(labels, i) if labels[i + 1] in {"svc", "pod"}

_host(address) := lower(regex.replace(address, `^[A-Za-z0-9+.-]*:?//(?:[^/?#]*@)?|^[^/?#]*@|[:/?#].*$`, ""))

_addresses[sprintf("endpoint %s in standards/catalog/endpoints.yaml", [endpoint])] := facts.address if {
	some endpoint, facts in object.get(input.catalog, "endpoints", {})
}

_addresses[sprintf("%s in standards/catalog/platform.yaml", [lib.dotted(path)])] := address if {
	walk(object.get(input.catalog, "platform", {}), [path, address])
	is_string(address)
	_is_address(path, address)
}

_is_address(_, address) if contains(address, "://")

_is_address(["artifacts", "endpoint"], _)

# A project's AppProject bears its name; its Applications add `-platform` and `-pipelines`.
_objects := {[name, sprintf("the name of %s %s in %s", [manifest.kind, manifest.name, manifest.path])] |
	some manifest in input.manifests
	manifest.project == null
	some ending in _endings[manifest.kind]
	endswith(manifest.name, ending)
	name := trim_suffix(manifest.name, ending)
}

_endings := {"AppProject": {""}, "Namespace": {""}, "Application": {"-platform", "-pipelines"}}
