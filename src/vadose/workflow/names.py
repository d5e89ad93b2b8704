"""Names that users give, as parts of file names."""

from __future__ import annotations

import hashlib
import re


def plain(text: str) -> str:
    """A text as a part of a file name: lower case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]


def slug(name: str) -> str:
    """A name as a part of a file name, with a short hash where two names could become the same."""
    short = plain(name)
    return short if short == name.lower() else f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:6]}".strip("-")
