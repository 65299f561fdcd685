"""Turns what the pages say into HTML files.

One way out: whatever a template shows is escaped by Jinja, and before that by the printer that every command uses, so
that no name or value acts on a reader or on the page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from dac.model.printing import printable
from dac.model.words import plural
from dac.site.facts import ProjectPage, Site, page_name
from dac.site.scores import curves, metrics_of

_TEMPLATES = Path(__file__).parent / "templates"
_PAGES = (
    # file, heading in the navigation
    ("index.html", "Overview"),
    ("standards.html", "Standards"),
    ("rules.html", "Rules"),
    ("teams.html", "Teams"),
    ("calendar.html", "Calendar"),
)
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")
_FILES = ("style.css", "filter.js")


class Pages:
    """The files of a site.

    Args:
        site: what they say.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"ticked": _ticked, "verbs": _without_verbs, "capital": _capital}
        self._environment.filters["drawn"] = Markup
        self._environment.filters["curves"] = lambda scores, name: Markup(curves(scores, name))
        self._environment.filters["metrics"] = metrics_of
        self._environment.tests["contains_dot"] = lambda name: "." in name
        self._environment.globals |= {
            "site": site,
            "page_name": page_name,
            "anchor": _anchor,
            "plural": plural,
            "navigation": _PAGES,
        }

    @property
    def projects(self) -> list[ProjectPage]:
        """The projects that have a page, in order."""
        return list(self._site.projects.values())

    def shared(self) -> dict[str, bytes]:
        """Return every file but the projects' pages, by its path."""
        files = {name: self._rendered(f"{name}.j2", here=name, up="") for name, _ in _PAGES}
        for ref, standard in self._site.standards.items():
            users = [
                (project.name, pipeline.name)
                for project in self._site.projects.values()
                for pipeline in project.pipelines
                if pipeline.standard == ref
            ]
            path = f"standards/{page_name(ref.replace('@', '-'))}.html"
            files[path] = self._rendered("standard.html.j2", here=path, up="../", standard=standard, users=users)
        files |= {name: (_TEMPLATES / name).read_bytes() for name in _FILES}
        if self._site.drawing:
            files["calendar.svg"] = self._site.drawing.encode()
        return files

    def project(self, project: ProjectPage) -> tuple[str, bytes]:
        """Return a project's page: its path and its bytes."""
        path = f"projects/{page_name(project.name)}.html"
        return path, self._rendered("project.html.j2", here=path, up="../", project=project)

    def _rendered(self, template: str, **values: Any) -> bytes:
        text = self._environment.get_template(template).render(values)
        return text.encode()


def _shown(value: Any) -> Any:
    """Return what a template shows of a value; markup is what a template or `_ticked` made."""
    return value if isinstance(value, Markup) else printable(str(value))


def _anchor(kind: str, name: str) -> str:
    """Return the id of a part of a page, which no other kind of part has."""
    return f"{kind}-{page_name(name.replace('_', '-'))}"


def _without_verbs(text: str) -> str:
    """Return a rule's message with an ellipsis for what is found, which Rego writes as %s or %v."""
    return text.replace("%v", "…").replace("%s", "…")


def _capital(text: str) -> str:
    """Return a text as a sentence begins."""
    return text[:1].upper() + text[1:]


def _ticked(text: str) -> Markup:
    """Return a text of Markdown: what stands between backticks as code, paragraphs, and of a link its words alone."""
    paragraphs = [" ".join(_LINK.sub(r"\1", part).split()) for part in str(text).split("\n\n")]
    return Markup("<br><br>").join(_with_code(paragraph) for paragraph in paragraphs if paragraph)


def _with_code(text: str) -> Markup:
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one backtick stands alone
        return escape(printable(text))
    shown = [escape(printable(part)) for part in parts]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(shown)
    )
