"""Bodies that are files: gzip and zip, unpacked up to a size, so that a small body cannot fill the memory."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable

from reportrunner.delimited import unreadable
from reportrunner.errors import ProviderError
from reportrunner.providers.rest.answer import ResponseSpec
from reportrunner.spelling import did_you_mean

LARGEST = 256 * 1024 * 1024
"""Bytes of an unpacked body; more is an error."""
_GZIP = 31
_ENCRYPTED = 0x1


def unpacked(body: bytes, spec: ResponseSpec, largest: int = LARGEST) -> bytes:
    """Return the body as text files have it; ProviderError when it is no such file, or larger than `largest`."""
    if spec.gzip:
        return gunzip(body, largest)
    return unzip(body, spec.zip if isinstance(spec.zip, str) else "", largest) if spec.zip else body


def gunzip(body: bytes, largest: int = LARGEST) -> bytes:
    """Return what a gzip file holds, all its members one after the other."""
    pieces: list[bytes] = []
    left = largest
    while body or not pieces:
        stream = zlib.decompressobj(_GZIP)
        try:
            piece = stream.decompress(body, left + 1)
        except zlib.error:
            raise unreadable("the body is no gzip file, and the definition says gzip = true") from None
        left -= len(piece)
        if left < 0:
            raise unreadable(f"the gzip file unpacks to more than {largest:,} bytes")
        if not stream.eof:
            raise unreadable("the gzip file ends before its end")
        pieces.append(piece)
        body = stream.unused_data.lstrip(b"\0")
    return b"".join(pieces)


def unzip(body: bytes, name: str = "", largest: int = LARGEST) -> bytes:
    """Return the one file of a zip file, or the one of this name."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            files = [one for one in packed.infolist() if not one.is_dir()]
            names = [one.filename for one in files]
            if name and names.count(name) != 1:
                raise unreadable(f'the zip file has no file "{name}"{did_you_mean(name, names)}: {_listed(names)}')
            if not name and len(files) != 1:
                raise unreadable(
                    f'the zip file holds {len(files):,} files: name one with zip = "..."; {_listed(names)}'
                )
            member = files[names.index(name)] if name else files[0]
            if member.flag_bits & _ENCRYPTED:
                raise unreadable(f'"{member.filename}" in the zip file is encrypted')
            with packed.open(member) as stream:
                text = stream.read(largest + 1)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, ValueError):
        raise unreadable("the body is no zip file that can be read, and the definition says zip") from None
    if len(text) > largest:
        raise unreadable(f"the zip file unpacks to more than {largest:,} bytes")
    return text


def cleaned(body: bytes, redact: Callable[[bytes], bytes], spec: ResponseSpec) -> bytes:
    """Return a packed body in which nothing is to be hidden any more; what cannot be unpacked is cleaned as it is."""
    try:
        text = unpacked(body, spec)
    except ProviderError:
        return redact(body)
    clean = redact(text)
    return body if clean == text else packed(clean, spec)


def packed(text: bytes, spec: ResponseSpec) -> bytes:
    """Return a text packed as the definition says; `unpacked` gives it back."""
    if spec.gzip:
        return gzip.compress(text, mtime=0)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(spec.zip if isinstance(spec.zip, str) else "report"), text)
    return file.getvalue()


def _listed(names: list[str]) -> str:
    return f"it has {', '.join(names[:8])}" + (", ..." if len(names) > 8 else "") if names else "it is empty"
