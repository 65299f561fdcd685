# version: v5.8.1
# Argo CD's repo-server calls it for folders with a kustomization.
GOBIN=$OUT go install "sigs.k8s.io/kustomize/kustomize/v5@$VERSION"
