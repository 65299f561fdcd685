#!/usr/bin/env bash
# Builds the servers of the test cluster from their Go modules, each into $DAC_CACHE/cluster/<name>-<version>/, once.
# Usage: build.sh [NAME...]        all of build/* when no name is given; prints the folder of each
# A recipe is build/<name>/recipe.sh: it finds its VERSION, an empty folder $OUT to fill and a scratch folder to stand in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
store=${DAC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dac}/cluster
mkdir -p "$store"
command -v go > /dev/null || { echo "build.sh: go is missing: install Go 1.26 or newer" >&2; exit 2; }
[ $# -gt 0 ] || set -- $(cd "$here/build" && ls)

for name in "$@"; do
  recipe=$here/build/$name
  [ -f "$recipe/recipe.sh" ] || { echo "build.sh: no server '$name'; there is: $(cd "$here/build" && ls | xargs)" >&2; exit 2; }
  version=$(sed -n 's/^# version: //p' "$recipe/recipe.sh")
  want=$(cat "$recipe"/* | sha256sum | cut -c1-16)
  out=$store/$name-$version
  exec 9> "$store/$name.lock" && flock 9 # two at once: one builds, the other waits
  if [ "$(cat "$out/.recipe" 2> /dev/null)" != "$want" ]; then
    echo "building $name $version" >&2
    began=$SECONDS scratch=$(mktemp -d)
    rm -rf "$out.new" && mkdir -p "$out.new"
    (cd "$scratch" && VERSION=$version OUT=$out.new RECIPE=$recipe CGO_ENABLED=0 GOFLAGS=-mod=mod \
      bash -euo pipefail "$recipe/recipe.sh" > "$store/$name.log" 2>&1) || {
      chmod -R u+w "$scratch"; rm -rf "$scratch"; tail -n 20 "$store/$name.log" >&2
      echo "build.sh: $name $version did not build; the whole log: $store/$name.log" >&2; exit 1; }
    chmod -R u+w "$scratch"; rm -rf "$scratch"
    echo "$want" > "$out.new/.recipe" && rm -rf "$out" && mv "$out.new" "$out"
    echo "built $name $version in $((SECONDS - began)) s" >&2
  fi
  exec 9>&-
  echo "$out"
done
