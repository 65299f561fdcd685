#!/usr/bin/env bash
# Brings the platform to a cluster in one command: Argo Workflows and Argo CD at the releases that install/ pins, then
# what standards/platform/rendered holds. From then on Argo CD syncs it, and every project, from the repository.
# Usage: KUBECONFIG=... standards/platform/bootstrap.sh [--controllers-are-there | --controllers-only]
set -euo pipefail
cd "$(dirname "$0")"
apply() { kubectl apply --server-side --force-conflicts "$@"; }
if [ "${1:-}" != --controllers-are-there ]; then
  for controller in argo-workflows argo-cd; do
    apply -k "install/$controller"
    kubectl -n "$(sed -n 's/^namespace: //p' "install/$controller/kustomization.yaml")" wait deployment --all --for=condition=Available --timeout=300s
  done
fi
[ "${1:-}" != --controllers-only ] || exit 0
apply -f rendered/namespace.yaml
apply -f rendered/
