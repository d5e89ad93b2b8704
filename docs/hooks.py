"""What the documentation needs beyond mkdocs: formulas as MathML and the list of sources from references.bib.

MathML is drawn by the browser itself, so that no script and no network is needed to read a formula.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

SOURCES = Path(__file__).parent / "references.bib"

# Code comes first, so that a dollar in it is left alone.
_PIECES = re.compile(r"(?P<code>```.*?^```|`[^`\n]+`)|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.S | re.M)
_ENTRY = re.compile(r"@(?P<kind>\w+)\{(?P<key>[\w-]+),(?P<body>.*?)\n\}", re.S)
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*?)\},?\s*$", re.M)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace formulas by marks that survive Markdown, and the mark of the list of sources by that list."""
    page.formulas = []

    def mark(found: re.Match[str]) -> str:
        if found["code"]:
            return found["code"]
        display = "block" if found["block"] else "inline"
        page.formulas.append(convert((found["block"] or found["inline"]).strip(), display=display))
        text = f"FORMULA{len(page.formulas) - 1}END"
        return f"\n\n{text}\n\n" if found["block"] else text

    text = _PIECES.sub(mark, markdown)
    return text.replace("<!-- sources -->", sources(SOURCES.read_text(encoding="utf-8")))


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Put the formulas where their marks stand."""
    return re.sub(r"FORMULA(\d+)END", lambda m: page.formulas[int(m[1])], html)


def entries(text: str) -> dict[str, dict[str, str]]:
    """The entries of a BibTeX file by key, each with its fields in lower case."""
    return {m["key"]: {k.lower(): v for k, v in _FIELD.findall(m["body"])} for m in _ENTRY.finditer(text)}


def sources(text: str) -> str:
    """A Markdown list of the entries of a BibTeX file, by author and year."""
    lines = []
    for key, entry in sorted(entries(text).items(), key=lambda e: (e[1]["author"], e[1]["year"])):
        where = next((entry[k] for k in ("journal", "booktitle", "publisher", "institution") if k in entry), "")
        where = where or entry.get("howpublished", "")
        parts = [entry.get("volume"), entry.get("number"), entry.get("pages", "").replace("--", "-")]
        volume = " ".join(filter(None, parts))
        link = f" [doi:{entry['doi']}](https://doi.org/{entry['doi']})" if "doi" in entry else ""
        authors = entry["author"].replace(" and ", "; ").replace("{", "").replace("}", "")
        title = entry["title"].replace("{", "").replace("}", "")
        lines.append(f"- {authors} ({entry['year']}): {title}. *{where}* {volume}.{link} `{key}`")
    return "\n".join(lines)
