# version: v1.15.0
GOBIN=$OUT go install "github.com/coredns/coredns@$VERSION"
