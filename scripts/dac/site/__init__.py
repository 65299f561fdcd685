"""The pages of `dac site`: facts in, files out."""

from __future__ import annotations

from dac.site.drawing import picture
from dac.site.facts import (
    Decision,
    PipelinePage,
    ProjectPage,
    Run,
    Score,
    Site,
    StandardPage,
    Team,
    Waiver,
    page_name,
)
from dac.site.pages import Pages

__all__ = [
    "Decision",
    "Pages",
    "PipelinePage",
    "ProjectPage",
    "Run",
    "Score",
    "Site",
    "StandardPage",
    "Team",
    "Waiver",
    "page_name",
    "picture",
]
