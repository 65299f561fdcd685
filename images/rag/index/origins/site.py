"""A web site as an origin: the pages that its sitemap names and its robots.txt lets us read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from runtime.errors import InputError, TryAgain

from index.origins import robots, sitemap
from index.origins.choice import Choice
from index.origins.original import Original, Skipped
from index.origins.pages import Page, get, origin, resolved
from index.readers import media_type, readable

_DEEPEST = 3  # sitemaps that name sitemaps; the protocol has two levels
_MOVES = 5


class Site:
    """Gives a site's pages, each with its address as metadata `url`.

    Args:
        address: of a sitemap; or of the site's root, whose sitemaps robots.txt names (else /sitemap.xml).
        choice: which pages are wanted, by path and query.
    """

    def __init__(self, address: str, choice: Choice) -> None:
        if not (spelling := resolved(address, "")):
            raise InputError(f"{address}: not the address of a site")
        self._address, self._choice = spelling, choice
        self._origin = origin(self._address)

    def documents(self, former: Mapping[str, str]) -> Iterator[Original | Skipped]:
        """Yield each page; one that did not change since its stamp is not sent again."""
        rules = self._robots()
        names: dict[str, str] = {}
        for address in self._pages(rules):
            if not (url := resolved(self._address, address)):
                yield Skipped(address, "not an address")
            elif origin(url) == self._origin:
                names.setdefault(_path(url).removeprefix("/") or "/", url)
            else:
                yield Skipped(address, "on another host than the sitemap")
        for name, url in sorted(names.items()):
            if why := self._choice.refusal(name):
                yield Skipped(name, why)
            else:
                yield self._document(name, url, former.get(name, ""), rules)

    def _document(self, name: str, url: str, stamp: str, rules: robots.Robots) -> Original | Skipped:
        target, page = url, Page(0)
        for _ in range(_MOVES):
            if not rules.allows(_path(target)):
                return Skipped(name, "robots.txt does not allow it")
            page = get(target, stamp)
            if not page.target:
                break
            target = page.target
            if origin(target) != self._origin:
                return Skipped(name, "it has moved to another host")
        if page.status == 304 and stamp:
            return Original(name, stamp)
        if page.status != 200:
            return Skipped(name, page.why or f"the site answers {page.status}", kept=page.passing)
        media = media_type(page.media, urlsplit(target).path)
        if not readable(media):
            return Skipped(name, f"no reader reads {media.partition(';')[0].strip() or 'what has no media type'}")
        return Original(name, page.stamp, page.data, media, {"url": url})

    def _robots(self) -> robots.Robots:
        """Return the site's rules. A site without the file allows all; one that fails to give it is left alone."""
        place = "://".join(self._origin) + "/robots.txt"
        page = get(place, most=robots.LONGEST)
        for _ in range(_MOVES):
            if page.target:
                page = get(page.target, most=robots.LONGEST)
        if page.passing:
            raise TryAgain(f"{place}: {page.why}; until it is known what may be read, nothing is")
        if page.status == 413:
            raise InputError(
                f"{place}: {page.why}, which nobody reads whole: shorten it, or what it forbids is not known"
            )
        return robots.parse(page.data.decode("utf-8", "replace"))

    def _pages(self, rules: robots.Robots) -> Iterator[str]:
        """Yield the pages' addresses of the sitemap, or of all that the site names."""
        waiting = [(self._address, 1)]
        if urlsplit(self._address).path in ("", "/"):
            roots = rules.sitemaps or ["://".join(self._origin) + "/sitemap.xml"]
            waiting = [(resolved(self._address, each) or each, 1) for each in roots]
        seen: set[str] = set()
        while waiting:
            address, depth = waiting.pop(0)
            if address in seen:
                continue
            seen.add(address)
            if not resolved(address, "") or origin(address) != self._origin:
                raise InputError(f"{address}: this sitemap is on another host than {self._address}; name it itself")
            is_index, named = sitemap.addresses(self._sitemap(address), address)
            if not is_index:
                yield from (resolved(address, each) or each for each in named)
            elif depth < _DEEPEST:
                waiting += [(resolved(address, each) or each, depth + 1) for each in named]
            else:
                raise InputError(f"{address}: sitemaps name sitemaps more than {_DEEPEST} deep")

    def _sitemap(self, address: str) -> bytes:
        page = get(address, most=sitemap.LARGEST)
        if page.status == 200:
            return page.data
        why = page.why or f"the site answers {page.status}"
        raise (TryAgain if page.passing else InputError)(f"{address}: {why}, where a sitemap should be")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
