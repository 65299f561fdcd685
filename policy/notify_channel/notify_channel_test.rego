package rules.notify_channel_test

import data.lib.fixture
import data.rules.notify_channel

_tree(channel, listed) := json.patch(fixture.accepted, [
	{"op": "add", "path": "/projects/0/pipelines/docs/notify", "value": channel},
	{"op": "add", "path": "/catalog/owners/team-docs/channels", "value": listed},
])

test_the_good_tree_is_let_be if {
	findings := notify_channel.findings with input as fixture.accepted
	fixture.messages(findings) == set()
}

test_own_channels if {
	every channel in ["", "#docs", "#docs-search"] {
		findings := notify_channel.findings with input as _tree(channel, ["#docs", "#docs-*"])
		fixture.messages(findings) == set()
	}
}

test_not_listed if {
	every listed in [[], ["#docs"], ["#legal-*"], ["legal"]] {
		findings := notify_channel.findings with input as _tree("#legal", listed)
		fixture.messages(findings) == {
			"notify_channel.not_listed: pipeline \"docs\" of search would post to #legal, which is not a channel of team-docs",
		}
	}
}

test_without_a_list_no_channel if {
	findings := notify_channel.findings with input as fixture.set("/projects/0/pipelines/docs/notify", "#docs")
	fixture.messages(findings) == {
		"notify_channel.not_listed: pipeline \"docs\" of search would post to #docs, which is not a channel of team-docs",
	}
}
