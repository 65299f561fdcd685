# version: v3.6.1
# Argo CD asks for Go 1.27, which the module proxy serves as a toolchain. Its own replaces are kept, but for the local one.
export GOTOOLCHAIN=go1.27.3
dir=$(go mod download -json "github.com/argoproj/argo-cd/v3@$VERSION" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
{
  printf 'module local/argocd\n\ngo 1.27.0\n\nrequire github.com/argoproj/argo-cd/v3 %s\n\nreplace (\n' "$VERSION"
  grep -oP '^\s*(replace )?\S+ => \S+ v\S+$' "$dir/go.mod" | sed -E 's/^\s*(replace )?/\t/'
  echo ')'
} > go.mod
cp "$RECIPE/main.go" .
go mod tidy
go build -ldflags "-s -w" -o "$OUT/argocd" github.com/argoproj/argo-cd/v3/cmd
for n in application-controller repo-server applicationset-controller; do ln -s argocd "$OUT/argocd-$n"; done
install -m 755 "$dir/hack/git-verify-wrapper.sh" "$OUT/" # the repo-server calls it from PATH
mkdir "$OUT/crds" && cp "$dir"/manifests/crds/{application,appproject,applicationset}-crd.yaml "$OUT/crds/"
