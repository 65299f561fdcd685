"""What the controller itself calls an invalid spec (workflow/validate of Argo 4.0.5), in its words."""

from dac.run.argo.lint.spec import findings

__all__ = ["findings"]
