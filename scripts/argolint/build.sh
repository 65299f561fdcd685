#!/usr/bin/env bash
# Prints the path of the argolint binary, building it first where it is missing: once per source and version of Argo's
# module, kept in $DAC_CACHE/bin (a minute with Go's caches warm, about four cold).
set -euo pipefail
cd "$(dirname "$0")"
bin=${DAC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dac}/bin
version=$(sed -n 's/.*argo-workflows\/v4 \(v[0-9.]*\).*/\1/p' go.mod | head -n 1)
out=$bin/argolint-$version-$(cat main.go go.mod go.sum | sha256sum | cut -c1-12)
if [ ! -x "$out" ]; then
  mkdir -p "$bin" && exec 9> "$out.lock" && flock 9 # two at once: one builds, the other waits
  if [ ! -x "$out" ]; then
    command -v go > /dev/null || { echo "argolint: go is missing: install Go 1.26 or newer" >&2; exit 2; }
    echo "building argolint for Argo Workflows $version (once)" >&2
    CGO_ENABLED=0 go build -tags kubernetes_protomessage_one_more_release -ldflags "-s -w" -o "$out.new" .
    mv "$out.new" "$out"
  fi
fi
echo "$out"
