#!/usr/bin/env bash
# Reads and resolves images/build/external.lock: the digests of what builds and tests fetch from outside.
#
# Usage: images/build/external.sh get [--or-tag] IMAGE   print IMAGE with its digest; with --or-tag, IMAGE while unresolved
#        images/build/external.sh verify NAME FILE       compare FILE with NAME's digest; a warning while unresolved
#        images/build/external.sh check                  fail while anything is unresolved
#        images/build/external.sh resolve                write the digests (needs skopeo, curl and the network)
set -euo pipefail
lock=${DAC_EXTERNAL_LOCK:-$(dirname "$0")/external.lock}
advice="run images/build/external.sh resolve, review external.lock and commit it"
refuse() { echo "external.sh: $1" >&2; exit 1; }

digest_of() { # NAME: its digest in the lock, empty while unresolved
  local value
  value=$(awk -v name="$1" '$1 == name {print $2}' "$lock")
  [ -n "$value" ] || refuse "no entry $1 in external.lock"
  [ "$value" != unresolved ] || return 0
  [[ $value =~ ^sha256:[0-9a-f]{64}$ ]] || refuse "invalid digest of $1 in external.lock: $value"
  echo "$value"
}

resolved() { # NAME: its digest as its source gives it now
  case $1 in
    argo-linux-amd64.gz@*)
      local url="https://github.com/argoproj/argo-workflows/releases/download/${1#*@}/${1%@*}" file
      file=$(mktemp)
      curl -fsSL "$url" -o "$file" && echo "sha256:$(sha256sum "$file" | cut -d' ' -f1)"
      rm -f "$file" ;;
    *) skopeo inspect --no-tags --format '{{.Digest}}' "docker://$1" ;;
  esac
}

case ${1:-} in
  get)
    or_tag=''
    [ "${2:-}" != --or-tag ] || { or_tag=yes; shift; }
    name=${2:?usage: external.sh get [--or-tag] IMAGE}
    digest=$(digest_of "$name")
    [ -n "$digest$or_tag" ] || refuse "$name has no digest; $advice"
    echo "$name${digest:+@$digest}" ;;
  verify)
    name=${2:?usage: external.sh verify NAME FILE} file=${3:?usage: external.sh verify NAME FILE}
    digest=$(digest_of "$name")
    if [ -z "$digest" ]; then echo "external.sh: $name is not verified: it has no digest; $advice" >&2; exit 0; fi
    [ "sha256:$(sha256sum "$file" | cut -d' ' -f1)" = "$digest" ] || refuse "$file is not the $name of external.lock" ;;
  check)
    missing=''
    for name in $(awk '!/^#/ {print $1}' "$lock"); do
      digest=$(digest_of "$name")
      [ -n "$digest" ] || missing+=" $name"
    done
    [ -z "$missing" ] || refuse "no digest:$missing; $advice" ;;
  resolve)
    grep '^#' "$lock" > "$lock.new"
    for name in $(awk '!/^#/ {print $1}' "$lock"); do
      digest=$(resolved "$name")
      [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { rm -f "$lock.new"; refuse "$name was not resolved"; }
      echo "$name $digest" >> "$lock.new"
    done
    mv "$lock.new" "$lock" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
