"""Every field that this runner knows, by the type it stands in.

What it honours, what has no effect here, what it refuses.

A field's kind: `s` text, `t` text or a number or a boolean that becomes text, `i` whole number, `b` boolean, `n` number
or text, `m` map of text, `*` any JSON, `[X]` list, `{X}` map of X, a capitalised name another type of this table, `a|b`
one of these words or nothing, `cron` a cron line, `zone` a time zone, `quantity` an amount, `quantities` a map of them,
`metric` a name of Prometheus, `?X` what is checked as X and has no effect here, `empty` what may be there but hold
nothing; `~` is accepted and has no effect on one machine (scheduling, clean-up of cluster objects, identity, metrics);
`!` is refused by name. A field that is not here is refused as unknown. Types and names: pkg/apis/workflow/v1alpha1 of
Argo Workflows 4.0.5 and core/v1 of Kubernetes 1.34.
"""

from __future__ import annotations

from math import inf

_TABLE = {
    "Workflow": "apiVersion:s kind:s metadata:ObjectMeta spec:WorkflowSpec status:empty",
    "WorkflowTemplate": "apiVersion:s kind:s metadata:ObjectMeta spec:WorkflowSpec",
    "ClusterWorkflowTemplate": "apiVersion:s kind:s metadata:ObjectMeta spec:WorkflowSpec",
    "CronWorkflow": "apiVersion:s kind:s metadata:ObjectMeta spec:CronWorkflowSpec status:~",
    "ConfigMap": "apiVersion:s kind:s metadata:NamedMeta data:m binaryData:m immutable:~",
    "Secret": "apiVersion:s kind:s metadata:NamedMeta data:m stringData:m type:~ immutable:~",
    "NamedMeta": "name:s namespace:s labels:m annotations:m finalizers:~ creationTimestamp:~ ownerReferences:~ uid:~"
    " resourceVersion:~ generation:~ managedFields:~",
    "ObjectMeta": "name:s generateName:s namespace:s labels:m annotations:m finalizers:~"
    " creationTimestamp:~ ownerReferences:~ uid:~ resourceVersion:~ generation:~ managedFields:~ selfLink:~",
    "PodMeta": "labels:m annotations:m name:~ generateName:~ namespace:~ creationTimestamp:~",
    "CronWorkflowSpec": "workflowSpec:WorkflowSpec schedules:[cron] suspend:~ timezone:zone"
    " concurrencyPolicy:Allow|Forbid|Replace startingDeadlineSeconds:~"
    " successfulJobsHistoryLimit:~ failedJobsHistoryLimit:~ stopStrategy:~ when:~"
    " workflowMetadata:WorkflowMetadata",
    "WorkflowSpec": "templates:[Template] entrypoint:s arguments:Arguments serviceAccountName:s onExit:s parallelism:i"
    " volumes:[Volume] volumeClaimTemplates:[VolumeClaim] activeDeadlineSeconds:i priority:i podSpecPatch:s"
    " workflowTemplateRef:WorkflowTemplateRef synchronization:Synchronization retryStrategy:RetryStrategy"
    " templateDefaults:Template hooks:{Hook} workflowMetadata:WorkflowMetadata archiveLogs:b suspend:! shutdown:!"
    " automountServiceAccountToken:~ executor:~ artifactRepositoryRef:~ nodeSelector:~ affinity:~ tolerations:~"
    " imagePullSecrets:~ hostNetwork:~ dnsPolicy:ClusterFirst|ClusterFirstWithHostNet|Default|None"
    " dnsConfig:~ ttlStrategy:~ schedulerName:~ podGC:PodGC"
    " podPriorityClassName:~ hostAliases:! securityContext:~ podDisruptionBudget:~ metrics:?Metrics"
    " volumeClaimGC:VolumeClaimGC podMetadata:PodMeta artifactGC:ArtifactGC",
    "VolumeClaimGC": "strategy:OnWorkflowCompletion|OnWorkflowSuccess",
    "ArtifactGC": "strategy:OnWorkflowCompletion|OnWorkflowDeletion|Never serviceAccountName:~ podMetadata:~"
    " podSpecPatch:~ forceFinalizerRemoval:~",
    "PodGC": "strategy:OnPodCompletion|OnPodSuccess|OnWorkflowCompletion|OnWorkflowSuccess labelSelector:?Selector"
    " deleteDelayDuration:~",
    "Selector": "matchLabels:m matchExpressions:[Requirement]",
    "Requirement": "key:s operator:In|NotIn|Exists|DoesNotExist values:[s]",
    "Metrics": "prometheus:[Prometheus]",
    "Prometheus": "name:metric labels:[MetricLabel] help:s when:s gauge:MetricValue counter:MetricValue"
    " histogram:MetricValue",
    "MetricLabel": "key:metric value:s",
    "MetricValue": "value:s realtime:~ operation:~ buckets:~",
    "WorkflowTemplateRef": "name:s clusterScope:b",
    "WorkflowMetadata": "labels:m annotations:m labelsFrom:{LabelFrom}",
    "LabelFrom": "expression:s",
    "Template": "name:s inputs:Inputs outputs:Outputs steps:[[Step]] dag:DAG container:Container script:Script"
    " suspend:Suspend containerSet:ContainerSet resource:Resource http:Request plugin:! data:Data memoize:Memoize"
    " hostAliases:! daemon:b volumes:[Volume] initContainers:[UserContainer] sidecars:[UserContainer]"
    " activeDeadlineSeconds:n retryStrategy:RetryStrategy parallelism:i failFast:b podSpecPatch:s"
    " synchronization:Synchronization timeout:s annotations:m archiveLocation:ArchiveLocation"
    " metadata:PodMeta metrics:?Metrics nodeSelector:~ affinity:~ tolerations:~"
    " schedulerName:~ priorityClassName:~ serviceAccountName:~ automountServiceAccountToken:~ executor:~"
    " securityContext:~",
    # Where a cluster keeps artifacts without a key has no effect: here they are kept in the run's folder.
    "ArchiveLocation": "archiveLogs:b s3:~ gcs:~ oss:~ azure:~ artifactory:~ hdfs:~ http:~ git:~ raw:~ plugin:~",
    "Arguments": "parameters:[Parameter] artifacts:[Artifact]",
    "Inputs": "parameters:[Parameter] artifacts:[Artifact]",
    "Outputs": "parameters:[Parameter] artifacts:[Artifact] result:! exitCode:!",
    "Parameter": "name:s value:t default:t valueFrom:ValueFrom globalName:s enum:[t] description:t",
    "ValueFrom": "path:s parameter:s expression:s default:t configMapKeyRef:KeyRef supplied:Supplied"
    " jsonPath:s jqFilter:s event:!",
    "Supplied": "",
    "KeyRef": "name:s key:s optional:b",
    "Artifact": "name:s path:s from:s fromExpression:s raw:Raw optional:b archive:Archive globalName:s subPath:s mode:i"
    " recurseMode:b artifactGC:ArtifactGC archiveLogs:~ s3:ObjectKey git:Git http:Address artifactory:Artifactory"
    " hdfs:! oss:ObjectKey gcs:ObjectKey azure:Blob plugin:! deleted:!",
    "Raw": "data:s",
    # A bucket's address and credentials have no effect: a key is one of the state folder's own objects.
    "ObjectKey": "key:s bucket:s endpoint:~ region:~ insecure:~ accessKeySecret:~ secretKeySecret:~"
    " sessionTokenSecret:~ roleARN:~ useSDKCreds:~ createBucketIfNotPresent:~ encryptionOptions:~ caSecret:~"
    " serviceAccountKeySecret:~ securityToken:~ lifecycleRule:~",
    "Blob": "blob:s container:s endpoint:~ accountKeySecret:~ useSDKCreds:~",
    "Git": "repo:s revision:s depth:i fetch:[s] branch:s singleBranch:b disableSubmodules:b insecureIgnoreHostKey:~"
    " insecureSkipTLS:b usernameSecret:KeyRef passwordSecret:KeyRef sshPrivateKeySecret:!",
    "Address": "url:s headers:[Header] auth:Auth",
    "Auth": "basicAuth:BasicAuth oauth2:OAuth2 clientCert:ClientCert",
    "BasicAuth": "usernameSecret:KeyRef passwordSecret:KeyRef",
    "OAuth2": "clientIDSecret:KeyRef clientSecretSecret:KeyRef tokenURLSecret:KeyRef scopes:[s]"
    " endpointParams:[EndpointParam]",
    "EndpointParam": "key:s value:s",
    "ClientCert": "clientCertSecret:KeyRef clientKeySecret:KeyRef",
    "Artifactory": "url:s usernameSecret:KeyRef passwordSecret:KeyRef",
    "Header": "name:s value:s",
    "Archive": "none:~ tar:Tar zip:~",
    "Tar": "compressionLevel:i",
    "DAG": "target:s tasks:[Task] failFast:b",
    "Task": "name:s template:s inline:Template arguments:Arguments templateRef:TemplateRef"
    " dependencies:[s] depends:s when:s"
    " withItems:[*] withParam:s withSequence:Sequence continueOn:ContinueOn onExit:s hooks:{Hook}",
    "Step": "name:s template:s inline:Template arguments:Arguments templateRef:TemplateRef when:s"
    " withItems:[*] withParam:s withSequence:Sequence continueOn:ContinueOn onExit:s hooks:{Hook}",
    "TemplateRef": "name:s template:s clusterScope:b",
    "Sequence": "count:n start:n end:n format:s",
    "ContinueOn": "error:b failed:b",
    "Hook": "template:s arguments:Arguments templateRef:TemplateRef expression:s",
    "Suspend": "duration:s",
    "ContainerSet": "containers:[ContainerNode] volumeMounts:[VolumeMount] retryStrategy:SetRetry",
    "SetRetry": "duration:s retries:n",
    "Resource": "action:s mergeStrategy:strategic|merge|json manifest:s manifestFrom:ManifestFrom setOwnerReference:b"
    " successCondition:s failureCondition:s flags:[s]",
    "ManifestFrom": "artifact:Artifact",
    "Request": "url:s method:s headers:[RequestHeader] body:s bodyFrom:RequestBody timeoutSeconds:i successCondition:s"
    " insecureSkipVerify:b",
    "RequestHeader": "name:s value:s valueFrom:HeaderSource",
    "HeaderSource": "secretKeyRef:KeyRef",
    "RequestBody": "bytes:s",
    "Data": "source:DataSource transformation:[DataStep]",
    "DataSource": "artifactPaths:Artifact",
    "DataStep": "expression:s",
    "Memoize": "key:s maxAge:s cache:Cache",
    "Cache": "configMap:CacheMap",
    "CacheMap": "name:s key:s optional:b",
    "RetryStrategy": "limit:n retryPolicy:Always|OnFailure|OnError|OnTransientError expression:s backoff:Backoff"
    " affinity:~",
    "Backoff": "duration:s factor:n maxDuration:s cap:s",
    "Synchronization": "semaphores:[Semaphore] mutexes:[Mutex]",
    "Semaphore": "configMapKeyRef:KeyRef namespace:s database:!",
    "Mutex": "name:s namespace:s database:~",
    "Container": "name:s image:s command:[s] args:[s] env:[EnvVar] envFrom:[EnvFrom] workingDir:s"
    " volumeMounts:[VolumeMount]"
    " resources:Resources securityContext:~ imagePullPolicy:Always|IfNotPresent|Never ports:[Port]"
    " terminationMessagePath:~ terminationMessagePolicy:File|FallbackToLogsOnError tty:~ readinessProbe:Probe"
    " livenessProbe:! startupProbe:! lifecycle:! stdin:! stdinOnce:! volumeDevices:! restartPolicy:!",
    "Port": "name:s containerPort:i protocol:TCP|UDP|SCTP hostPort:~ hostIP:~",
    # It is tried more often than a kubelet does, until it passes: how often, and how often in vain, has no effect.
    "Probe": "exec:ProbeCommand httpGet:ProbeRequest tcpSocket:ProbeSocket grpc:! initialDelaySeconds:i periodSeconds:~"
    " timeoutSeconds:~ successThreshold:~ failureThreshold:~ terminationGracePeriodSeconds:~",
    "ProbeCommand": "command:[s]",
    "ProbeRequest": "path:s port:n scheme:HTTP|HTTPS httpHeaders:[Header] host:!",
    "ProbeSocket": "port:n host:!",
    "Resources": "limits:quantities requests:quantities claims:~",
    "EnvVar": "name:s value:s valueFrom:EnvSource",
    "EnvFrom": "prefix:s configMapRef:NameRef secretRef:NameRef",
    "NameRef": "name:s optional:b",
    "EnvSource": "configMapKeyRef:KeyRef secretKeyRef:KeyRef fieldRef:FieldRef resourceFieldRef:ResourceField",
    "ResourceField": "containerName:s divisor:quantity resource:limits.cpu|limits.memory|limits.ephemeral-storage"
    "|requests.cpu|requests.memory|requests.ephemeral-storage",
    "FieldRef": "fieldPath:s apiVersion:~",
    "VolumeMount": "name:s mountPath:s subPath:s readOnly:b subPathExpr:! mountPropagation:~ recursiveReadOnly:~",
    "Volume": "name:s emptyDir:EmptyFolder configMap:VolumeConfigMap secret:VolumeSecret ephemeral:Ephemeral"
    " projected:Projected hostPath:VolumeOfHost persistentVolumeClaim:VolumeOfClaim nfs:! csi:! image:!"
    " downwardAPI:Downward",
    "EmptyFolder": "medium:~ sizeLimit:quantity",
    "Ephemeral": "volumeClaimTemplate:VolumeClaim",
    "VolumeOfHost": "path:s type:DirectoryOrCreate|Directory|FileOrCreate|File|Socket|CharDevice|BlockDevice",
    "VolumeOfClaim": "claimName:s readOnly:b",
    "VolumeConfigMap": "name:s items:[KeyToPath] optional:b defaultMode:i",
    "VolumeSecret": "secretName:s items:[KeyToPath] optional:b defaultMode:i",
    "KeyToPath": "key:s path:s mode:i",
    "Projected": "sources:[ProjectedSource] defaultMode:i",
    "ProjectedSource": "configMap:ProjectedKeys secret:ProjectedKeys downwardAPI:Downward serviceAccountToken:!"
    " clusterTrustBundle:! podCertificate:!",
    "ProjectedKeys": "name:s items:[KeyToPath] optional:b",
    "Downward": "items:[DownwardItem] defaultMode:i",
    "DownwardItem": "path:s fieldRef:FieldRef resourceFieldRef:ResourceField mode:i",
    "VolumeClaim": "metadata:ObjectMeta spec:* apiVersion:s kind:s status:~",
}
_TABLE["UserContainer"] = _TABLE["Container"] + " mirrorVolumeMounts:b"
_TABLE["ContainerNode"] = _TABLE["Container"] + " dependencies:[s]"
_TABLE["Script"] = _TABLE["Container"] + " source:s"

# What the CRDs and the controller's own checks call required: one of the fields of each group.
REQUIRED: dict[str, tuple[str, ...]] = {
    "ConfigMap": ("metadata",),
    "Secret": ("metadata",),
    "WorkflowTemplate": ("metadata",),
    "ClusterWorkflowTemplate": ("metadata",),
    "NamedMeta": ("name",),
    "Parameter": ("name",),
    "Artifact": ("name",),
    "Task": ("name",),
    "UserContainer": ("name", "image"),
    "ContainerNode": ("name", "image"),
    "Memoize": ("key", "cache"),
    "Cache": ("configMap",),
    "CacheMap": ("name",),
    "Resource": ("action",),
    "ManifestFrom": ("artifact",),
    "Request": ("url",),
    "RequestHeader": ("name",),
    "EnvVar": ("name",),
    "KeyRef": ("key",),
    "FieldRef": ("fieldPath",),
    "VolumeMount": ("name", "mountPath"),
    "Volume": ("name",),
    "VolumeOfHost": ("path",),
    "VolumeOfClaim": ("claimName",),
    "KeyToPath": ("key", "path"),
    "DownwardItem": ("path",),
    "ResourceField": ("resource",),
    "Artifactory": ("url",),
    "Hook": ("template|templateRef",),
    "DAG": ("tasks",),
    "CronWorkflowSpec": ("schedules",),
    "Git": ("repo",),
    "Requirement": ("key", "operator"),
    "Metrics": ("prometheus",),
    "Prometheus": ("name", "help"),
    "MetricLabel": ("key",),
    "MetricValue": ("value",),
    "Address": ("url",),
    "Header": ("name",),
    "Port": ("containerPort",),
    "ProbeRequest": ("port",),
    "ProbeSocket": ("port",),
}
# What no two items of a list may have alike.
UNIQUE = {"VolumeMount": "mountPath", "Volume": "name", "UserContainer": "name"}

# The least and the most of a number, or of a list's items, by the CRDs' own bounds.
BOUNDS: dict[str, dict[str, tuple[int, float]]] = {
    "WorkflowSpec": {"templates": (0, 200), "parallelism": (1, inf)},
    "Template": {"parallelism": (1, inf)},
    "DAG": {"tasks": (0, 200)},
    "Inputs": {"parameters": (0, 500)},
    "Parameter": {"enum": (1, inf)},
    "Artifact": {"mode": (0, 511)},
}

# Fields of earlier versions, by type, and what came in their place.
SUCCESSORS = {
    "CronWorkflowSpec": {"schedule": "schedules"},
    "Synchronization": {"mutex": "mutexes", "semaphore": "semaphores"},
}

KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")
HELD = ("ConfigMap", "Secret")  # what a workflow's file may bring along
FIELDS: dict[str, dict[str, str]] = {
    name: dict(entry.split(":", 1) for entry in text.split()) for name, text in _TABLE.items()
}
REASONS = {
    "plugin": "it is run by the agent of a cluster",
    "sshPrivateKeySecret": "it clones without a key of SSH",
    "serviceAccountToken": "a cluster alone issues it",
    "hdfs": "a file system of its own",
    "database": "its limit is in a database of the cluster",
}
