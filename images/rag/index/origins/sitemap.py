"""A sitemap, or an index of sitemaps (sitemaps.org): the addresses in it."""

from __future__ import annotations

import zlib

from runtime.errors import InputError

LARGEST = 50 << 20  # bytes, unpacked: what the protocol allows


def addresses(data: bytes, where: str) -> tuple[bool, list[str]]:
    """Return whether it is an index, and the addresses that it names, in order.

    Raises:
        InputError: it is not a sitemap.
    """
    from lxml import etree

    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data, where)
    # No entity is resolved and nothing is loaded: the file is somebody else's.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"{where}: not a sitemap: {error}") from error
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        raise InputError(f"{where}: not a sitemap: its root is {kind!r}, not 'urlset' or 'sitemapindex'")
    locations = root.findall("./{*}url/{*}loc") + root.findall("./{*}sitemap/{*}loc")
    return kind == "sitemapindex", [text for location in locations if (text := (location.text or "").strip())]


def _unpacked(data: bytes, where: str) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        text = unpacking.decompress(data, LARGEST)
    except zlib.error as error:
        raise InputError(f"{where}: its gzip is damaged: {error}") from error
    if not unpacking.eof:
        raise InputError(f"{where}: larger than {LARGEST >> 20} MiB, or cut off")
    return text
