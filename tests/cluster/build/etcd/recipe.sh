# version: v3.6.16
# Debian's etcd 3.4 lacks RequestWatchProgress: with it every watch of a 1.34 API server ends after seconds.
printf 'module local/etcd\n\ngo 1.26\n\nrequire go.etcd.io/etcd/server/v3 %s\n' "$VERSION" > go.mod
printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' > main.go
go mod tidy
go build -ldflags "-s -w" -o "$OUT/etcd" .
