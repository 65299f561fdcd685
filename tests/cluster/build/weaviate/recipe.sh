# version: v1.35.2
GOBIN=$OUT go install "github.com/weaviate/weaviate/cmd/weaviate-server@$VERSION"
