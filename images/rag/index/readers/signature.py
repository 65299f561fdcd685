"""What a file's first bytes say that it is: nothing that has such a signature is read as text."""

from __future__ import annotations

import codecs
import re

LFS = b"version https://git-lfs.github.com/spec/"
_BEFORE = 1024  # bytes in which a PDF begins
_SEEN = 512  # bytes in which any other binary file has a control
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive (office documents and EPUB are such)",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x89PNG\r\n\x1a\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"RIFF": "a RIFF file (WebP, WAV or AVI)",
    b"%PDF-": "a PDF",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an OLE file (an older office document)",
    b"\x1f\x8b": "gzip-compressed data",
    b"BZh": "bzip2-compressed data",
    b"\xfd7zXZ\0": "xz-compressed data",
    b"\x28\xb5\x2f\xfd": "zstd-compressed data",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x7fELF": "an ELF program",
    b"MZ\x90\0": "a Windows program",
    b"\xca\xfe\xba\xbe": "a Java class or a Mach-O program",
    b"\0asm": "a WebAssembly module",
    b"SQLite format 3\0": "an SQLite database",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"OggS": "an Ogg file",
    b"ID3": "an MP3 file",
    b"fLaC": "a FLAC file",
    b"wOFF": "a web font",
    b"wOF2": "a web font",
    b"%!PS": "a PostScript program",
    b"!<arch>\n": "an archive of programs or of a Debian package",
    LFS: "a pointer of Git LFS, without its content",
}
_INSIDE = {(4, b"ftyp"): "an MP4 or HEIF file", (257, b"ustar"): "a tar archive"}


def signature(data: bytes) -> str:
    """Return what a file is by its first bytes, with its article; "" where they say nothing."""
    data = data.removeprefix(codecs.BOM_UTF8)
    if data[:_BEFORE].lstrip().startswith(b"%PDF-"):  # readers of PDF take it with something before it
        return _SIGNATURES[b"%PDF-"]
    # Words such as "PAR1" or "BZh" may begin a text: a file of such a kind has controls soon after them.
    is_text = not _CONTROL.search(data, 0, _SEEN)
    for first, name in _SIGNATURES.items():
        if data.startswith(first) and not (first.isalnum() and is_text):
            return name
    inside = (name for (place, mark), name in _INSIDE.items() if data[place : place + len(mark)] == mark)
    return "" if is_text else next(inside, "")
