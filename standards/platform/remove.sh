#!/usr/bin/env bash
# Deletes a project from the cluster, once its folder is deleted from the repository: its two applications, its namespace,
# and all that is in that: Secrets, caps, pipelines and the records of runs. What runs wrote to the object store stays.
#
# No commit does this by itself, so that one which moves or deletes projects/ by mistake costs nothing: the applications
# stay, say that their folder is missing, and go on when it is back. This refuses a project that is still in the
# repository as Argo CD reads it, and one whose runs have not ended.
#
# Usage: standards/platform/remove.sh PROJECT [--context NAME]
#   --context NAME   the kubeconfig's context to use; its current one otherwise
#
# Example:
#   standards/platform/remove.sh my-team-docs --context staging
set -euo pipefail
cd "$(dirname "$0")"

refuse() { echo "remove.sh: $1" >&2; exit 2; }
context='' project=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' remove.sh; exit 0 ;;
    --context) [ -n "${2:-}" ] || refuse "--context wants a name; kubectl config get-contexts lists them"; context=$2; shift ;;
    -*) refuse "unknown argument $1; --help lists the arguments" ;;
    *) [ -z "$project" ] || refuse "one project at a time"; project=$1 ;;
  esac
  shift
done
[ -n "$project" ] || refuse "name the project"
[ ! -e "../../projects/$project" ] || refuse "projects/$project is in this tree; delete it, and merge that first"
command -v kubectl > /dev/null || refuse "kubectl is missing; install one of the cluster's version"

on=(kubectl)
[ -z "$context" ] || on+=(--context "$context")
argocd=$(sed -n 's/^  namespace: *//p' rendered/applications.yaml | head -n 1)
applications=("$project-pipelines" "$project-platform") # the team's first: its AppProject goes with the platform's

for name in "${applications[@]}"; do
  said=$("${on[@]}" -n "$argocd" get application "$name" --ignore-not-found \
    -o 'jsonpath={.metadata.name} {.status.conditions[*].message}') || refuse "the cluster does not answer"
  case $said in
    '' | *"app path does not exist"*) ;;
    *) refuse "Argo CD still reads projects/$project; merge its deletion, and wait until $name says that its path is missing" ;;
  esac
done
live=$("${on[@]}" -n "$project" get workflows -l 'workflows.argoproj.io/completed!=true' --ignore-not-found -o name)
[ -z "$live" ] || refuse "runs of $project have not ended: $(tr '\n' ' ' <<< "$live")"

# The finalizer makes what an application brought go with it; the namespace also asks for a confirmation that is not older
# than the deletion, by the clock of the API server.
approved=$(date --utc --date '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
for name in "${applications[@]}"; do
  [ -n "$("${on[@]}" -n "$argocd" get application "$name" --ignore-not-found -o name)" ] || continue
  "${on[@]}" -n "$argocd" patch application "$name" --type merge -p '{"metadata": {
    "finalizers": ["resources-finalizer.argocd.argoproj.io"],
    "annotations": {"argocd.argoproj.io/deletion-approved": "'"$approved"'"}}}'
  "${on[@]}" -n "$argocd" delete application "$name" --timeout=300s
done
echo "$project is deleted; its objects in the store remain" >&2
