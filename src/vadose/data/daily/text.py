"""Text files, plain or gzipped, read whole: what all tables of point observations begin with."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from vadose.errors import DataError


def read_text(path: str) -> str:
    """The text of a file; `.gz` is unpacked.

    Raises DataError, naming the file, where it is absent, empty, truncated or no text.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file")
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise DataError(f"{path}: the gzip file is truncated or corrupt ({error}); get it again") from error
    if raw[:2] == b"PK":
        raise DataError(f"{path}: a zip archive; unpack it and name the files in it")
    if not raw.strip():
        raise DataError(f"{path}: the file is empty; get it again")
    if b"\x00" in raw[:4096]:
        raise DataError(f"{path}: not a text file; expected a table of dates and values")
    return raw.decode("utf-8-sig", "replace")
