# METADATA
# title: Not more often than the standard allows
# description: |
#   A run that starts before the last one has ended, or when nothing is new, takes capacity from every other project.
package rules.schedule_frequency

import data.lib

# METADATA
# title: Schedule that is too frequent
# custom:
#   short_name: too_often
#   value: 1
#   wider: less
#   failure_msg: 'pipeline "%s" may start %v min after it last did (%s); %s allows every %v min'
#   solution: 'choose a rarer schedule, or lower limits.min_interval_minutes of the standard with the reason'
findings contains finding if {
	some manifest in lib.cron_workflows
	not manifest.object.spec.suspend
	standard := lib.standard_of_template[manifest.object.spec.workflowSpec.workflowTemplateRef.name]
	limit := object.get(standard.limits, "min_interval_minutes", 1440)
	interval := manifest.interval_minutes
	interval < limit
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "schedules"]),
		[
			manifest.object.metadata.name, interval, concat(" and ", manifest.object.spec.schedules),
			lib.ref(standard), limit,
		],
	)
}

# METADATA
# title: Schedule that cannot be read
# custom:
#   short_name: unreadable
#   failure_msg: 'pipeline "%s" has the schedule %s, whose frequency cannot be computed'
#   solution: 'write five fields of numbers, lists, ranges and steps'
findings contains finding if {
	some manifest in lib.cron_workflows
	not manifest.object.spec.suspend
	not manifest.interval_minutes
	finding := lib.finding(
		rego.metadata.chain(), lib.in_manifest(manifest, ["spec", "schedules"]),
		[manifest.object.metadata.name, json.marshal(object.get(manifest.object.spec, "schedules", []))],
	)
}
