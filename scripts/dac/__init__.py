"""Decisions as Code: small decisions in, Argo Workflows manifests out."""
