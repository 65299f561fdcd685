"""dac grants: what each project may do in the object store, as the policies that hold it to that."""

from __future__ import annotations

import json
from pathlib import Path

import click

from dac.cli._arguments import chosen, root_option
from dac.cli._compose import failed
from dac.cli._expanded import sound_projects
from dac.cli._findings import text
from dac.cli._printer import show
from dac.model import beyond


@click.command()
@click.argument("projects", nargs=-1)
@click.option(
    "--by",
    type=click.Choice(["project", "bucket"]),
    default="project",
    show_default=True,
    help="Each project's policy, for its cloud identities; or each bucket's, over the store's accounts.",
)
@click.option(
    "--principal",
    default="{project}",
    show_default=True,
    help="How the store names a project's account in a bucket's policy.",
)
@root_option
@click.pass_context
def grants(ctx: click.Context, projects: tuple[str, ...], by: str, principal: str, root: Path) -> None:
    """Print the object store's policies, as one JSON object: project, or bucket, to policy.

    A project reads and writes under its own prefix of the buckets where runs keep files; it reads what its owner was
    given (`reads` in standards/catalog/owners.yaml) and the weights and datasets that the catalog names. A bucket's
    policy names every project, so give no PROJECT when it is to be applied, and grows with them: one that is longer
    than the store accepts (`identity.limits` in standards/catalog/platform.yaml) is an error. Nothing is sent to it.

    \b
    Examples:
      dac grants python-docs | jq -c '."python-docs"' > policy.json
      aws iam create-policy --policy-name dac-python-docs --policy-document file://policy.json
      dac grants --by bucket | jq -c '."dac-artifacts"'
      dac grants --by bucket --principal 'arn:aws:iam:::user/{project}'
    """
    if "*" in principal or "{project}" not in principal:
        fault = "write {project} in it, and no *: each project is an account of its own"
        raise click.BadParameter(fault, ctx, param_hint="--principal")
    from dac import expand
    from dac.load import load_repository
    from dac.validate import validate_standards

    base, findings = load_repository(root, [])
    findings += beyond(findings, validate_standards(base))
    sound, new_findings = sound_projects(base, chosen(root, list(projects)), estimates=not failed(findings))
    if failed([*findings, *new_findings]):
        show(text([*findings, *new_findings]), err=True)
        ctx.exit(1)
    held = {name: expand.grants(base.catalog, project) for name, project in sorted(sound.items())}
    if by == "project":
        policies = {name: expand.identity_policy(own) for name, own in held.items()}
    else:
        policies = expand.bucket_policies(held, principal)
    if too_long := expand.over_limit(base.catalog, policies, by):
        show(text(too_long), err=True)
        ctx.exit(1)
    show(json.dumps(policies, indent=2) + "\n")
