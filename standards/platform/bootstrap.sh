#!/usr/bin/env bash
# Brings the platform to a cluster in one command: Argo Workflows and Argo CD at the releases that install/ pins, then
# what standards/platform/rendered holds. From then on Argo CD syncs it, and every project, from the repository.
# Run again, it changes nothing that is as it should be.
#
# What is merged runs, so the branch that Argo CD reads must require a review by the code owners and the status check
# `check` (docs/adopt.md, step 5). Where the repository is on GitHub and `gh` can read its rules, a branch without them is
# refused; elsewhere this prints what to check.
#
# Usage: standards/platform/bootstrap.sh [--context NAME] [--controllers-are-there | --controllers-only]
#   --context NAME           the kubeconfig's context to use; its current one otherwise
#   --controllers-are-there  leaves out Argo Workflows and Argo CD: the cluster has them
#   --controllers-only       installs those two and nothing else
#
# Examples:
#   standards/platform/bootstrap.sh --context staging
#   KUBECONFIG=kubeconfig standards/platform/bootstrap.sh --controllers-are-there
set -euo pipefail
cd "$(dirname "$0")"

refuse() { echo "bootstrap.sh: $1" >&2; exit 2; }
context='' controllers=yes platform=yes
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' bootstrap.sh; exit 0 ;;
    --context) [ -n "${2:-}" ] || refuse "--context wants a name; kubectl config get-contexts lists them"; context=$2; shift ;;
    --controllers-are-there) controllers='' ;;
    --controllers-only) platform='' ;;
    *) refuse "unknown argument $1; --help says what there is" ;;
  esac
  shift
done
[ -n "$controllers$platform" ] || refuse "--controllers-are-there and --controllers-only leave nothing to do"
command -v kubectl > /dev/null || refuse "kubectl is missing; install one of the cluster's version"
if [ -n "$platform" ] && grep -q 'git\.example\.com' rendered/applications.yaml; then
  refuse "the repository is still the example's; write yours into standards/catalog/platform.yaml, then: dac render"
fi

# What the branch requires of "owners" (a code owner's review) and "check" (the status check), as GitHub tells it: by its
# rulesets, which whoever reads the repository may see, and by its older protection, which an administrator may see.
requires() { # OWNER/NAME BRANCH
  gh api "repos/$1/rules/branches/$2" --jq '.[]
    | (select(.type == "pull_request" and .parameters.require_code_owner_review) | "owners"),
      (select(.type == "required_status_checks") | .parameters.required_status_checks[]
        | select(.context == "check") | "check")' || return 1
  gh api "repos/$1/branches/$2/protection" --jq '
      (select(.required_pull_request_reviews.require_code_owner_reviews) | "owners"),
      (select([.required_status_checks.checks[]?.context] | index("check")) | "check")' || true
}

if [ -n "$platform" ]; then
  url=$(sed -n 's/^ *repoURL: *//p' rendered/applications.yaml | head -n 1)
  branch=$(sed -n 's/^ *targetRevision: *//p' rendered/applications.yaml | head -n 1)
  must="must require a review by the code owners and the status check \"check\" (docs/adopt.md, step 5)"
  if [[ $url =~ github\.com[:/]([^/]+/[^/]+)$ ]] && command -v gh > /dev/null \
    && rules=$(requires "${BASH_REMATCH[1]%.git}" "$branch" 2> /dev/null); then
    for rule in owners check; do
      grep -qx "$rule" <<< "$rules" || refuse "branch $branch of $url $must; it does not require: $rule"
    done
  else
    echo "check by hand: branch $branch of $url $must" >&2
  fi
fi

on=(kubectl)
[ -z "$context" ] || on+=(--context "$context")
context=${context:-$(kubectl config current-context 2> /dev/null)} \
  || refuse "no cluster is chosen; set KUBECONFIG, or name a context: kubectl config get-contexts lists them"
said=$("${on[@]}" auth can-i '*' '*' --all-namespaces --request-timeout=15s 2>&1 | tail -n 1) || true
case $said in
  yes*) ;;
  no*) refuse "context $context has not an administrator's rights on its cluster, which this takes" ;;
  *) refuse "the cluster of context $context does not answer: $said" ;;
esac
echo "bringing the platform to the cluster of context $context" >&2

apply() { "${on[@]}" apply --server-side --force-conflicts "$@"; }
if [ -n "$controllers" ]; then
  for controller in argo-workflows argo-cd; do
    namespace=$(sed -n 's/^namespace: //p' "install/$controller/kustomization.yaml")
    apply -k "install/$controller"
    "${on[@]}" -n "$namespace" wait deployment --all --for=condition=Available --timeout=300s
  done
fi
[ -n "$platform" ] || exit 0
apply -f rendered/namespace.yaml # what the others stand in
apply -f rendered/
