#!/usr/bin/env bash
# Prints the folder of an image's own locked environment, building it first where it is missing.
# Usage: images/env.sh IMAGE [test]     with `test`, the image's requirements and what its tests need beside them
# It is kept by the lock's digest under $DAC_CACHE (default ~/.cache/dac), built beside and then renamed.
set -euo pipefail
umask 022 # what is made is the same whoever makes it
here=$(cd "$(dirname "$0")" && pwd)
image=${1:?usage: images/env.sh IMAGE [test]}
lock=$here/$image/requirements${2:+-$2}.txt
[ -f "$lock" ] || { echo "images/env.sh: no such lock: images/$image/$(basename "$lock")" >&2; exit 2; }
cache=${DAC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dac}
env=$cache/envs/$image${2:+-$2}-$(sha256sum "$lock" | cut -c1-12)
if [ ! -e "$env/compiled" ]; then
  mkdir -p "$cache/envs"
  exec 9> "$env.lock"
  flock 9 # two that need it at once: one builds, the other waits
  if [ ! -d "$env" ]; then
    uv=$(command -v uv || ls -d "$cache"/uv-*/bin/uv 2> /dev/null | tail -n 1) || true
    [ -n "$uv" ] || { echo "images/env.sh: uv is missing; run: make setup" >&2; exit 2; }
    echo "installing the environment of image $image (once per lock)" >&2
    rm -rf "$env.new"
    "$uv" venv -q --relocatable "$env.new" 1>&2
    VIRTUAL_ENV=$env.new "$uv" pip sync -q --require-hashes "$lock" 1>&2
    mv "$env.new" "$env"
  fi
  if [ ! -e "$env/compiled" ]; then
    # Where PYTHONDONTWRITEBYTECODE is set, each start of a program would compile torch anew, which takes longer than
    # all else it does. A few packages carry files of other Pythons, which do not compile.
    "$env/bin/python" -m compileall -qq -j 0 -x /tests/ "$env/lib" 1>&2 || true
    touch "$env/compiled"
  fi
fi
echo "$env"
