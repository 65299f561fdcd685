"""The servers of the local cluster: for each its command line and what its environment adds."""

import os
from collections.abc import Mapping

from layout import ACCOUNTS, API, DNS, IMAGES, KUBECONFIG, NODE, RUN, SERVICE, SERVICES, binary, built, version

PKI = RUN / "pki"
ACD = RUN / "argocd"
ACD_FOLDERS = ("tls", "ssh", "gnupg/keys", "plugin")
ETCD = "http://127.0.0.1:2379"
REDIS = "127.0.0.1:6379"
EXECUTOR = f"local.test/argoexec:{version('argo')}"

FIRST = ("etcd", "containerd", "apiserver")
NODE_SERVICES = ("manager", "scheduler", "kubelet", "proxy", "coredns")
CONTROLLERS = ("workflow-controller", "redis", "repo-server", "application-controller", "applicationset-controller")

KUBE = str(built("kube"))
ARGOCD = str(built("argocd"))

COMMANDS: Mapping[str, list[str]] = {
    name: command.split()
    for name, command in {
        "etcd": f"""{binary("etcd")} --data-dir={RUN}/etcd --listen-client-urls={ETCD} --advertise-client-urls={ETCD}
            --listen-peer-urls=http://127.0.0.1:2380 --unsafe-no-fsync""",
        "containerd": f"containerd --config={RUN}/containerd.toml",
        "apiserver": f"""{KUBE}/kube-apiserver --etcd-servers={ETCD} --secure-port=6443 --bind-address=0.0.0.0
            --advertise-address={NODE} --service-cluster-ip-range={SERVICES} --cert-dir={PKI}
            --service-account-key-file={PKI}/sa.pub --service-account-signing-key-file={PKI}/sa.key
            --service-account-issuer=https://kubernetes.default.svc --token-auth-file={RUN}/tokens.csv
            --authorization-mode=Node,RBAC --allow-privileged=true --kubelet-preferred-address-types=InternalIP""",
        "manager": f"""{KUBE}/kube-controller-manager --kubeconfig={KUBECONFIG} --leader-elect=false
            --service-account-private-key-file={PKI}/sa.key --root-ca-file={PKI}/apiserver.crt
            --use-service-account-credentials""",
        "scheduler": f"{KUBE}/kube-scheduler --kubeconfig={KUBECONFIG} --leader-elect=false",
        "kubelet": f"""{KUBE}/kubelet --config={RUN}/kubelet.yaml --kubeconfig={KUBECONFIG} --root-dir={RUN}/kubelet
            --cert-dir={RUN}/kubelet-pki --hostname-override=node1 --node-ip={NODE}""",
        "proxy": f"{KUBE}/kube-proxy --config={RUN}/proxy.yaml",
        "coredns": f"{binary('coredns')} -conf={RUN}/Corefile",
        "workflow-controller": f"""{binary("argo", "workflow-controller")} --kubeconfig={ACCOUNTS["argo"]}
            --namespace=argo --executor-image={EXECUTOR}""",
        "redis": f"redis-server --port 6379 --bind 127.0.0.1 --dir {RUN} --loglevel warning",
        "repo-server": f"""{ARGOCD}/argocd-repo-server --redis={REDIS} --port=18081 --metrics-port=18084 --disable-tls
            --client-ca-path= --revision-cache-expiration=3s""",
        "application-controller": f"""{ARGOCD}/argocd-application-controller
            --kubeconfig={ACCOUNTS["argocd-application-controller"]} --namespace=argocd
            --redis={REDIS} --repo-server=127.0.0.1:18081 --repo-server-plaintext
            --metrics-port=18082 --app-resync=30""",
        "applicationset-controller": f"""{ARGOCD}/argocd-applicationset-controller
            --kubeconfig={ACCOUNTS["argocd-applicationset-controller"]}
            --namespace=argocd --argocd-repo-server=127.0.0.1:18081 --repo-server-plaintext
            --enable-leader-election=false --metrics-addr=:18085 --probe-addr=:18086""",
    }.items()
}


def environment(name: str) -> dict[str, str]:
    """Return what a server's process gets as its environment."""
    base = {k: os.environ[k] for k in ("HOME", "LANG") if k in os.environ}
    base["PATH"] = (
        f"{built('argocd')}:{built('kube')}:{built('kustomize')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    )
    if name == "workflow-controller":
        base |= {"LEADER_ELECTION_DISABLE": "true", "DEFAULT_REQUEUE_TIME": "1s"}  # the least; pods here are short
    if name in ("repo-server", "application-controller", "applicationset-controller"):
        base |= {"ARGOCD_GPG_ENABLED": "false", "ARGOCD_GIT_MODULES_ENABLED": "false"}
        base |= {"ARGOCD_TLS_DATA_PATH": f"{ACD}/tls"}
        base |= {"ARGOCD_SSH_DATA_PATH": f"{ACD}/ssh", "ARGOCD_GNUPGHOME": f"{ACD}/gnupg/keys"}
        base |= {"KUBERNETES_SERVICE_HOST": SERVICE, "KUBERNETES_SERVICE_PORT": "443"}  # as a pod has it
        base |= {"ARGOCD_GPG_DATA_PATH": f"{ACD}/gnupg", "ARGOCD_PLUGINSOCKFILEPATH": f"{ACD}/plugin"}
    return base


# restrict_oom_score_adj: where root lacks CAP_SYS_RESOURCE every sandbox dies without it, with "can't get final child's
# PID from pipe: EOF". An image's name carries a domain (local.test/...), or it is given one and pulled.
CONTAINERD = f"""version = 2
root = "{IMAGES}"
state = "{RUN}/containerd"
[grpc]
  address = "{RUN}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{RUN}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "local.test/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{RUN}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""

CNI = """{"cniVersion": "0.4.0", "name": "local", "plugins": [
  {"type": "bridge", "bridge": "local0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
"""

KUBELET = f"""apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
enforceNodeAllocatable: []
clusterDNS: ["{DNS}"]
clusterDomain: cluster.local
podLogsDir: {RUN}/pod-logs
authentication: {{anonymous: {{enabled: true}}, webhook: {{enabled: false}}}}
authorization: {{mode: AlwaysAllow}}
containerRuntimeEndpoint: unix://{RUN}/containerd.sock
evictionHard: {{memory.available: 200Mi, nodefs.available: 1%, imagefs.available: 1%}}
imageGCHighThresholdPercent: 100
"""

# Conntrack's limits are the machine's own, not a namespace's: left as they are.
PROXY = f"""apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: node1
clusterCIDR: 10.88.0.0/16
clientConnection: {{kubeconfig: {KUBECONFIG}}}
conntrack: {{maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
"""

COREFILE = f""".:53 {{
  bind {NODE}
  errors
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {KUBECONFIG}
  }}
  cache 5
}}
"""

RESOLV = f"nameserver {NODE}\nsearch svc.cluster.local cluster.local\n"

# The name server runs on the node, not in a pod: its Service's address is tied to it by hand.
NAME_SERVICE = f"""apiVersion: v1
kind: Service
metadata: {{name: kube-dns, namespace: kube-system}}
spec:
  clusterIP: {DNS}
  ports: [{{name: dns, port: 53, protocol: UDP}}, {{name: dns-tcp, port: 53, protocol: TCP}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: kube-dns, namespace: kube-system, labels: {{kubernetes.io/service-name: kube-dns}}}}
addressType: IPv4
ports: [{{name: dns, port: 53, protocol: UDP}}, {{name: dns-tcp, port: 53, protocol: TCP}}]
endpoints: [{{addresses: ["{NODE}"], conditions: {{ready: true}}}}]
"""

INSTALL = """apiVersion: v1
kind: Namespace
metadata: {name: argo}
---
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap, namespace: argo}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cmd-params-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {server.secretkey: "@KEY@"}
---
# As upstream's release manifests bind them; the roles of Argo Workflows' controller are its module's own.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: argo-binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: argo-cluster-role}
subjects: [{kind: ServiceAccount, name: argo, namespace: argo}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: argo-binding, namespace: argo}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: argo-role}
subjects: [{kind: ServiceAccount, name: argo, namespace: argo}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: argocd}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {kind: ServiceAccount, name: argocd-application-controller, namespace: argocd}
  - {kind: ServiceAccount, name: argocd-applicationset-controller, namespace: argocd}
"""


def kubeconfig(token: str) -> str:
    """Return a kubeconfig for the holder of a token, good on this machine and inside the namespaces."""
    return f"""apiVersion: v1
kind: Config
clusters: [{{name: local, cluster: {{server: "{API}", certificate-authority: "{PKI}/apiserver.crt"}}}}]
users: [{{name: holder, user: {{token: "{token}"}}}}]
contexts: [{{name: local, context: {{cluster: local, user: holder}}}}]
current-context: local
"""
