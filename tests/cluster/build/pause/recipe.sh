# version: v1
# The container that holds a pod's namespaces open.
cp "$RECIPE/main.go" . && go mod init local/pause && go build -ldflags "-s -w" -o "$OUT/pause" .
