# METADATA
# title: Images by digest, from the catalog
# description: An image that a tag names can change under a running standard; one that the catalog does not hold was built by nobody we know.
package rules.image_digest

import data.lib
import data.lib.pods

# METADATA
# title: Image not in the catalog
# custom:
#   short_name: not_in_catalog
#   failure_msg: 'container "%s" uses the image "%s", which standards/catalog/images.yaml does not hold'
#   solution: write ${image("<name>")} in the template, and add the image to the catalog if it is new
findings contains finding if {
	some entry in pods.containers
	image := object.get(entry.container, "image", "")
	not by_repository[_repository(image)]
	finding := lib.finding(rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer), [entry.name, image])
}

# METADATA
# title: Image not by the digest of the catalog
# custom:
#   short_name: not_by_digest
#   failure_msg: 'container "%s" uses "%s", but the catalog says "%s"'
#   solution: write ${image("<name>")} in the template rather than a reference
findings contains finding if {
	some entry in pods.containers
	image := entry.container.image
	facts := by_repository[_repository(image)]
	image != _reference(facts)
	finding := lib.finding(
		rego.metadata.chain(), lib.in_template(entry.standard, entry.pointer),
		[entry.name, image, _reference(facts)],
	)
}

# METADATA
# title: Image that was not built
# custom:
#   short_name: not_built
#   failure_msg: 'the image "%s" of %s has no digest, since it was not built yet, so no cluster can run it'
#   solution: publish the image and write its digest into the catalog
#   severity: warning
findings contains finding if {
	some name, facts in input.catalog.images
	not facts.built
	users := sort({ref | some entry in pods.containers; entry.container.image == _reference(facts); ref := lib.ref(entry.standard)})
	count(users) > 0
	without_severity := lib.finding(rego.metadata.chain(), lib.in_catalog("images", [name, "built"]), [name, concat(", ", users)])
	finding := object.union(without_severity, {"severity": _severity})
}

# Rendering for a cluster is where a missing image stops the work.
_severity := "error" if input.cluster

else := "warning"

by_repository := {facts.repository: facts | some facts in input.catalog.images}

_repository(image) := split(image, "@")[0]

_reference(facts) := sprintf("%s@%s", [facts.repository, facts.digest]) if facts.built

else := sprintf("%s@unbuilt", [facts.repository])
