# version: v4.0.5
# Argo Workflows. 4.0.5 is the one version that the Go module proxy serves, and it is for this test alone: known security
# flaws are fixed in later releases, which a real cluster pins (standards/platform/bootstrap). The module lacks
# signal_linux.go (its name ends like a platform's build tag, so packaging drops it) and the built web page: both are put in.
dir=$(go mod download -json "github.com/argoproj/argo-workflows/v4@$VERSION" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
cp -r "$dir" argo && chmod -R u+w argo && cd argo
cp "$RECIPE/signal_linux.go" workflow/executor/osspecific/
mkdir -p ui/dist/app && echo '<html></html>' > ui/dist/app/index.html
for c in workflow-controller argoexec argo; do
  go build -ldflags "-s -w" -tags kubernetes_protomessage_one_more_release -o "$OUT/$c" "./cmd/$c"
done
mkdir "$OUT/crds" && cp manifests/base/crds/full/argoproj.io_*.yaml "$OUT/crds/"
# The roles of the controller, and what it adds to `view`, `edit` and `admin`; the test binds them as the manifests do.
rbac=manifests/cluster-install-no-crds/workflow-controller-rbac
mkdir "$OUT/rbac" && cp "$rbac"/workflow-controller-{role,clusterrole}.yaml "$rbac/workflow-aggregate-roles.yaml" "$OUT/rbac/"
