"""What the containers of a pod see and do: variables, mounts, patches, sidecars and init containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from dac import run
from dac.run.argo.controller import utc_now
from runner_harness import run_text
from workflows import FOLDER, LEAF, leaf, workflow


def test_a_sidecar_serves_the_main_container_and_is_ended_with_it(tmp_path: Path) -> None:
    serve = "trap 'echo ended > $FOLDER/sidecar; exit 0' TERM; echo ready > /share/up; while true; do sleep 0.05; done"
    main = leaf("until [ -s /share/up ]; do sleep 0.05; done; cat /share/up > /tmp/o")
    main["container"]["volumeMounts"] = [{"name": "share", "mountPath": "/share"}]
    main |= {
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]},
        "volumes": [{"name": "share", "emptyDir": {}}],
        "sidecars": [
            {"name": "serve", **LEAF, "args": [serve], "volumeMounts": [{"name": "share", "mountPath": "/share"}]}
        ],
        "initContainers": [{"name": "before", **LEAF, "args": ["echo first > $FOLDER/init"]}],
    }
    result = run_text(workflow([main], tmp_path), tmp_path / "state")
    (node,) = result["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "ready"})
    assert ((tmp_path / "sidecar").read_text(), (tmp_path / "init").read_text()) == ("ended\n", "first\n")


def test_an_init_container_that_fails_keeps_the_main_one_from_starting(tmp_path: Path) -> None:
    main = leaf("touch $FOLDER/main", initContainers=[{"name": "before", **LEAF, "args": ["exit 4"]}])
    (node,) = run_text(workflow([main], tmp_path), tmp_path / "state")["nodes"]
    assert (node["phase"], node["message"], node["exitCode"]) == ("Failed", "before: Error (exit code 4)", None)
    assert not (tmp_path / "main").exists()


def test_variables_come_from_configmaps_secrets_and_each_other(tmp_path: Path) -> None:
    main = leaf('echo "$A|$B|$C|$D" > /tmp/o')
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    main["container"]["env"] = [
        FOLDER,
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "objects"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "t"}}},
        {"name": "C", "value": "$(A) and $$(A) and $(NONE)"},
        {"name": "D", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": "none", "optional": True}}},
    ]
    (node,) = run_text(
        workflow([main]),
        tmp_path,
        configmaps={"endpoints": {"objects": "file:///tmp/objects"}},
        secrets={"token": {"t": "s"}},
    )["nodes"]
    assert node["parameters"] == {"o": "file:///tmp/objects|s|file:///tmp/objects and $(A) and $(NONE)|"}


def test_a_pod_spec_patch_changes_what_runs(tmp_path: Path) -> None:
    main = leaf('echo "$SIZE" > /tmp/o')
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    patch = {"small": {"containers": [{"name": "main", "env": [{"name": "SIZE", "value": "s"}]}]}}
    main["podSpecPatch"] = "{{=toJson(" + json.dumps(patch).replace("}}", "} }") + "[workflow.parameters.size])}}"
    arguments = {"parameters": [{"name": "size", "value": "small"}]}
    (node,) = run_text(workflow([main], arguments=arguments), tmp_path)["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "s"})


def test_a_secret_and_a_configmap_are_files_where_they_are_mounted(tmp_path: Path) -> None:
    main = leaf("cat /etc/conf/key /var/run/dac/secrets/s/k > /tmp/o; ls /var/run/dac/secrets/none | wc -l >> /tmp/o")
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    mounts = {"conf": "/etc/conf", "secret": "/var/run/dac/secrets/s", "none": "/var/run/dac/secrets/none"}
    main["container"]["volumeMounts"] = [{"name": name, "mountPath": path} for name, path in mounts.items()]
    volumes = [
        {"name": "conf", "configMap": {"name": "conf"}},
        {"name": "secret", "secret": {"secretName": "s"}},
        {"name": "none", "secret": {"secretName": "none", "optional": True}},
    ]
    (node,) = run_text(
        workflow([main], volumes=volumes),
        tmp_path,
        configmaps={"conf": {"key": "one\n"}},
        secrets={"s": {"k": "two\n"}},
    )["nodes"]
    assert (node["phase"], node["parameters"]) == ("Succeeded", {"o": "one\ntwo\n0"})


def test_the_arguments_in_effect_are_a_list_of_names_and_values(tmp_path: Path) -> None:
    """As Argo writes it: given ones, merged ones, the template's defaults; `<` as its JSON for HTML has it."""
    main = leaf('printf %s "$ARGUMENTS" > /tmp/o')
    main["container"]["env"] = [{"name": "ARGUMENTS", "value": "{{workflow.parameters}}"}]
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}

    def listed(**values: str) -> dict[str, object]:
        return {"parameters": [{"name": name, "value": value} for name, value in values.items()]}

    kind = {"apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": "w"}}
    template = {"entrypoint": "main", "templates": [main], "arguments": listed(size="small", store="a", notify="")}
    reference = {"name": "w", "clusterScope": True}
    own = {"workflowTemplateRef": reference, "arguments": listed(store="b", title='"<é>" {{workflow.name}} \\ \n')}
    text = yaml.safe_dump_all(
        [
            {**kind, "kind": "ClusterWorkflowTemplate", "spec": template},
            {**kind, "kind": "CronWorkflow", "spec": {"schedules": ["0 0 1 1 *"], "workflowSpec": own}},
        ]
    )
    documents, _ = run.documents(text, "w.yaml")
    source = run.assemble(documents, utc_now(), parameters={"size": "large"})
    request = run.Request(tmp_path, run.Bindings(), run.Images(None, Path("/"), True), name="w")
    (node,) = run.result(run.run(source, request)[0])["nodes"]
    assert node["phase"] == "Succeeded"
    assert "\\u003cé\\u003e" in node["parameters"]["o"]
    assert [(item["name"], item["value"]) for item in json.loads(node["parameters"]["o"])] == [
        ("size", "large"),
        ("store", "b"),
        ("title", '"<é>" w \\ \n'),
        ("notify", ""),
    ]


def test_a_claim_that_is_there_is_kept_for_other_runs(tmp_path: Path) -> None:
    main = leaf("cat /kept/f > /tmp/o; echo next > /kept/f")
    main["container"]["volumeMounts"] = [{"name": "kept", "mountPath": "/kept"}]
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    volumes = [{"name": "kept", "persistentVolumeClaim": {"claimName": "models"}}]
    claim = tmp_path / "state/claims/models"
    claim.mkdir(parents=True)
    (claim / "f").write_text("first")
    for wanted in ("first", "next"):
        text = workflow([main], tmp_path, volumes=volumes).replace("name: w\n", f"name: {wanted}\n")
        (node,) = run_text(text, tmp_path / "state")["nodes"]
        assert node["parameters"] == {"o": wanted}


@pytest.mark.parametrize("kind", ["", "Directory", "DirectoryOrCreate"])
def test_a_folder_of_a_node_is_one_of_the_state_folder(tmp_path: Path, kind: str) -> None:
    main = leaf("ls /data > /tmp/o; echo next > /data/f")
    main["container"]["volumeMounts"] = [{"name": "node", "mountPath": "/data"}]
    main["outputs"] = {"parameters": [{"name": "o", "valueFrom": {"path": "/tmp/o"}}]}
    text = workflow([main], volumes=[{"name": "node", "hostPath": {"path": "/mnt/data", "type": kind}}])
    (node,) = run_text(text, tmp_path)["nodes"]
    if kind == "Directory":
        assert (node["phase"], node["message"].endswith("/mnt/data is not a directory")) == ("Error", True)
    else:
        assert (node["phase"], (tmp_path / "host/mnt/data/f").read_text()) == ("Succeeded", "next\n")
    (tmp_path / "host/mnt/data/g").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "host/mnt/data/g").touch()
    assert "g" in run_text(text.replace("name: w\n", "name: again\n"), tmp_path)["nodes"][0]["parameters"]["o"]


@pytest.mark.parametrize(
    "host",
    [
        {"path": "/dev/fuse"},
        {"path": "/var/run/docker.sock"},
        {"path": "/srv/x.sock"},
        {"path": "/a", "type": "Socket"},
        {"path": "/a", "type": "File"},
        {"path": "/a/../../x"},
        {"path": "a"},
    ],
)
def test_what_only_a_node_has_is_refused(tmp_path: Path, host: dict[str, str]) -> None:
    main = leaf("true", volumes=[{"name": "node", "hostPath": host}])
    main["container"] = {**main["container"]}
    with pytest.raises(run.Refused, match=r"hostPath|path \""):
        run_text(workflow([main]), tmp_path)
    main["volumes"][0]["hostPath"] = {**host, "path": "{{workflow.parameters.path}}"}
    main["container"]["volumeMounts"] = [{"name": "node", "mountPath": "/n"}]
    arguments = {"parameters": [{"name": "path", "value": host["path"]}]}
    if "type" not in host:
        (node,) = run_text(workflow([main], arguments=arguments), tmp_path)["nodes"]
        assert (node["phase"], node["message"].startswith("cannot be run here: ")) == ("Error", True)


@pytest.mark.parametrize("name", ["../runs", "/etc", ".."])
def test_a_claim_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    volumes = [{"name": "kept", "persistentVolumeClaim": {"claimName": name}}]
    with pytest.raises(run.Refused, match="cannot be the name of an object"):
        run_text(workflow([leaf("true")], tmp_path, volumes=volumes), tmp_path / "state")


def test_where_a_cluster_keeps_artifacts_has_no_effect(tmp_path: Path) -> None:
    outputs = {"artifacts": [{"name": "o", "path": "/tmp/o"}]}
    main = leaf("touch /tmp/o", archiveLocation={"s3": {"bucket": "b", "key": "{{pod.name}}"}}, outputs=outputs)
    (node,) = run_text(workflow([main], tmp_path), tmp_path / "state")["nodes"]
    assert (node["phase"], node["artifacts"]["o"]) == ("Succeeded", "w/o")


def test_a_patch_whose_containers_are_not_a_list_ends_the_step_in_error(tmp_path: Path) -> None:
    main = leaf("true", podSpecPatch='{"containers": 3}')
    (node,) = run_text(workflow([main], tmp_path), tmp_path / "state")["nodes"]
    assert (node["phase"], node["message"]) == ("Error", "Error applying PodSpecPatch")


def test_what_a_step_writes_for_its_message_is_in_the_message_of_its_node(tmp_path: Path) -> None:
    script = "printf 'no such model' > /dev/termination-log; exit 5"
    (node,) = run_text(workflow([leaf(script)], tmp_path), tmp_path / "state")["nodes"]
    assert node["message"] == "main: Error (exit code 5): no such model"
    assert not Path("/dev/termination-log").exists()
