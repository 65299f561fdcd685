"""What a workflow of a project may not hold."""

from __future__ import annotations

from typing import Any

FOREIGN = {"name": "main", "image": "registry.example.com/evil:1"}
TEMPLATES = [{"name": "main", "container": FOREIGN}]
KEYS: dict[str, Any] = {
    "activeDeadlineSeconds": 999999,
    "affinity": {"nodeAffinity": {}},
    "archiveLogs": True,
    "artifactRepositoryRef": {"configMap": "own"},
    "automountServiceAccountToken": True,
    "dnsPolicy": "Default",
    "executor": {"serviceAccountName": "default"},
    "hostNetwork": True,
    "imagePullSecrets": [{"name": "own"}],
    "metrics": {"prometheus": []},
    "nodeSelector": {"example.com/gpu": "true"},
    "onExit": "publish",
    "parallelism": 1000,
    "podDisruptionBudget": {"minAvailable": 1},
    "podGC": {"strategy": "OnWorkflowCompletion"},
    "podMetadata": {"labels": {"example.com/label": "own"}},
    "podPriorityClassName": "system-node-critical",
    "priority": 1000000,
    "retryStrategy": {"limit": 100},
    "schedulerName": "own",
    "securityContext": {"runAsUser": 0},
    "serviceAccountName": "default",
    "shutdown": "Terminate",
    "suspend": True,
    "synchronization": {"mutexes": [{"name": "own"}]},
    "templateDefaults": {"container": FOREIGN},
    "tolerations": [{"operator": "Exists"}],
    "ttlStrategy": {"secondsAfterCompletion": 999999999},
    "volumeClaimTemplates": [{"metadata": {"name": "own"}, "spec": {}}],
    "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
    "workflowMetadata": {"labels": {"workflows.argoproj.io/completed": "true"}},
}
CRAFTED = (
    "{{workflow.name}}",
    "{{=sprig.env('HOME')}}",
    "one\n- name: entrypoint",
    "$(touch x)",
    '1"}},"image":"evil',
    "`id`",
    "a\u202eb c",
)
