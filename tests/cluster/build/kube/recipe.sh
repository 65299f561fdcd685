# version: v1.34.4
# All of Kubernetes as one binary (main.go). k8s.io/kubernetes asks for its staging modules at v0.0.0, which `go install`
# cannot resolve: each is replaced by the release's own.
cp "$RECIPE/main.go" .
gomod=$(go mod download -json "k8s.io/kubernetes@$VERSION" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
{
  printf 'module local/kube\n\ngo 1.26\n\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$VERSION"
  grep -oP 'k8s\.io/[a-z0-9-]+(?= v0\.0\.0$)' "$gomod" | sort -u | sed "s/.*/\t& => & v0${VERSION#v1}/"
  echo ')'
} > go.mod
go mod tidy
v=k8s.io/component-base/version
go build -ldflags "-s -w -X $v.gitVersion=$VERSION -X $v.gitMajor=1 -X $v.gitMinor=34" -o "$OUT/kube" .
for n in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do ln -s kube "$OUT/$n"; done
