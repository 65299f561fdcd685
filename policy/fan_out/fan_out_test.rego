package rules.fan_out_test

import data.lib.fixture
import data.rules.fan_out

test_the_good_tree_is_let_be if {
	findings := fan_out.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_no_bound if {
	findings := fan_out.findings with input as fixture.without("/standards/0/limits/max_shards")
	fixture.messages(findings) == {
		"fan_out.no_bound: task \"each\" fans out over a list, and index@v1 says no limits.max_shards",
		"fan_out.size: size \"large\" has 8 shards, over the limit of 0 of index@v1",
		"fan_out.size: size \"small\" has 4 shards, over the limit of 0 of index@v1",
	}
}

test_bound_too_high if {
	findings := fan_out.findings with input as fixture.set("/standards/0/limits/max_shards", 1001)
	fixture.messages(findings) == {
		"fan_out.over_limit: limits.max_shards of index@v1 is 1001, over the limit of 1000",
	}
}

test_size_with_too_many if {
	findings := fan_out.findings with input as fixture.set("/catalog/sizes/large/settings/index/shards", 101)
	fixture.messages(findings) == {
		"fan_out.size: size \"large\" has 101 shards, over the limit of 100 of index@v1",
	}
}

test_a_long_sequence if {
	findings := fan_out.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0", [fixture.spec]), {"name": "each", "template": "embed", "withSequence": {"count": "1001"}})
	fixture.messages(findings) == {
		"fan_out.too_many: task \"each\" fans out to 1001, over the limit of 1000",
	}
}

test_a_sequence_from_a_parameter if {
	findings := fan_out.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0", [fixture.spec]), {"name": "each", "template": "embed", "withSequence": {"count": "{{workflow.parameters.n}}"}})
	fixture.messages(findings) == {
		"fan_out.no_sequence_bound: task \"each\" has a sequence whose length is not written, and index@v1 says no limits.max_sequence",
		"fan_out.from_argument: task \"each\" fans out over an argument: {\"count\":\"{{workflow.parameters.n}}\"}",
	}
}

test_many_items if {
	findings := fan_out.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0", [fixture.spec]), {"name": "each", "template": "embed", "withItems": numbers.range(1, 1001)})
	fixture.messages(findings) == {
		"fan_out.too_many: task \"each\" fans out to 1001, over the limit of 1000",
	}
}

test_an_argument if {
	findings := fan_out.findings with input as fixture.set(sprintf("%s/templates/0/dag/tasks/0/withParam", [fixture.spec]), "{{workflow.parameters.list}}")
	fixture.messages(findings) == {
		"fan_out.from_argument: task \"each\" fans out over an argument: \"{{workflow.parameters.list}}\"",
	}
}

test_no_cap if {
	findings := fan_out.findings with input as fixture.without(sprintf("%s/templates/0/parallelism", [fixture.spec]))
	fixture.messages(findings) == {
		"fan_out.no_parallelism: task \"each\" fans out with no cap on what runs at a time",
	}
}

test_cap_of_the_whole if {
	findings := fan_out.findings with input as json.patch(fixture.accepted, [{"op": "remove", "path": sprintf("%s/templates/0/parallelism", [fixture.spec])}, {"op": "add", "path": sprintf("%s/parallelism", [fixture.spec]), "value": 4}])
	fixture.messages(findings) == set()
}

test_cap_by_a_semaphore if {
	findings := fan_out.findings with input as json.patch(fixture.accepted, [{"op": "remove", "path": sprintf("%s/templates/0/parallelism", [fixture.spec])}, {"op": "add", "path": sprintf("%s/templates/1/synchronization", [fixture.spec]), "value": {"semaphores": []}}])
	fixture.messages(findings) == set()
}

_calls(call) := json.patch(fixture.accepted, [
	{"op": "add", "path": sprintf("%s/templates/0/dag/tasks/0", [fixture.spec]), "value": call},
	{"op": "add", "path": sprintf("%s/templates/-", [fixture.spec]), "value": {"name": "lane", "parallelism": 1, "steps": [[{
		"name": "shard", "template": "embed", "withSequence": {"start": "{{inputs.parameters.first}}", "count": "{{inputs.parameters.shards}}"},
	}]]}},
])

_lane := {
	"name": "each", "template": "lane", "withParam": "{{tasks.list.outputs.parameters.lanes}}",
	"arguments": {"parameters": [{"name": "first", "value": "{{item.first}}"}, {"name": "shards", "value": "{{item.shards}}"}]},
}

test_a_lane_of_a_steps_list_is_bounded_by_it if {
	findings := fan_out.findings with input as _calls(_lane)
	fixture.messages(findings) == set()
}

test_a_lane_that_is_given_an_argument_is_not if {
	given := {"parameters": [{"name": "first", "value": "0"}, {"name": "shards", "value": "{{workflow.parameters.n}}"}]}
	findings := fan_out.findings with input as _calls(object.union(_lane, {"arguments": given}))
	{finding.code | some finding in findings} == {"fan_out.from_argument", "fan_out.no_sequence_bound"}
}

test_a_lane_that_one_call_starts_is_not if {
	findings := fan_out.findings with input as _calls(object.remove(_lane, ["withParam"]))
	{finding.code | some finding in findings} == {"fan_out.from_argument", "fan_out.no_sequence_bound"}
}
