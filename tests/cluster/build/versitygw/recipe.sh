# version: v1.8.0
# S3 over a folder.
GOBIN=$OUT go install "github.com/versity/versitygw/cmd/versitygw@$VERSION"
