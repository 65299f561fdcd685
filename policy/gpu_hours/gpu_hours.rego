# METADATA
# title: GPU hours within the owner's budget
# description: |
#   Limits for how long GPUs run, beside how many run at once: the hours that an owner's pipelines may take in thirty
#   days stay within its budget. Each start of a pipeline counts with the pipeline's whole deadline. A pipeline that
#   starts only by hand counts once.
package rules.gpu_hours

import data.lib
import data.lib.budget

_month := 43200 # minutes of thirty days

_of_owner[asked.owner] contains use if {
	some asked in budget.uses
	asked.gpus > 0
	once := sum([hours |
		some pod in asked.counted
		hours := (pod.gpu * pod.parallelism) * (pod.deadline_seconds / 3600)
	])
	use := object.union(asked, {"hours": once * _runs(asked.manifest)})
}

_runs(manifest) := 1 if manifest.object.spec.suspend

_runs(manifest) := max([1, _month / manifest.interval_minutes]) if not manifest.object.spec.suspend

# METADATA
# title: Owner over its budget of GPU hours
# custom:
#   short_name: over_limit
#   sums: owner
#   value: 1
#   wider: more
#   failure_msg: '%s may take %v GPU hour%s in 30 days, over its budget of %v; pipeline "%s" may take %v of them (size "%s")'
#   solution: 'choose a smaller size or a rarer schedule, or ask the platform team to raise the budget in standards/catalog/owners.yaml'
findings contains finding if {
	some owner, own in _of_owner
	total := sum([use.hours | some use in own])
	granted := object.get(input.catalog.owners[owner], ["budget", "gpu_hours"], 0)
	total > granted
	greatest := max([use.hours | some use in own])
	most := [use | some use in own; use.hours == greatest][0]
	finding := lib.finding(
		rego.metadata.chain(), budget.at(most),
		[owner, total, lib.ending(total), granted, most.pipeline, most.hours, most.size],
	)
}
