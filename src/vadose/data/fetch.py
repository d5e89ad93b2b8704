"""Search ESGF for CMIP6 output and download it, through intake-esgf (the extra `esgf`)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vadose.errors import ConfigError, DataError

FACETS = (
    "activity_id", "institution_id", "source_id", "experiment_id", "variant_label", "member_id", "table_id",
    "variable_id", "grid_label", "frequency", "project", "version",
)  # fmt: skip
INSTALL = "pip install 'vadose[esgf]'"

Facets = Mapping[str, str | Sequence[str]]


def parse_facets(texts: Sequence[str]) -> dict[str, list[str]]:
    """`source_id=CESM2,MIROC6 variable_id=mrsol` as a dictionary of lists.

    Raises ConfigError for a facet that ESGF does not have.
    """
    facets: dict[str, list[str]] = {}
    for text in texts:
        name, sign, values = text.partition("=")
        if not sign or not values:
            raise ConfigError(f"a facet must be written NAME=VALUE, got {text!r}; for example source_id=CESM2")
        if name not in FACETS:
            raise ConfigError(f"unknown facet {name!r}; expected one of {', '.join(FACETS)}")
        facets.setdefault(name, []).extend(v for v in values.split(",") if v)
    return facets


def fetch(facets: Facets, destination: str | os.PathLike[str], *, quiet: bool = False) -> list[Path]:
    """Download the files that match, with the land fraction and cell area of their models.

    facets       ESGF facets, as of `parse_facets`
    destination  folder; files go to destination/MODEL/EXPERIMENT/MEMBER, complete or not at all
    quiet        no progress bar
    Returns the paths of the files, also of those that were there before.
    Raises DataError where intake-esgf is missing, nothing matches or the search fails.
    """
    if not facets:
        raise ConfigError("state at least one facet, for example source_id=CESM2 variable_id=mrsol")
    client = _client()
    found = _search(client, facets)
    place = Path(destination)
    try:
        datasets = found.to_path_dict(quiet=quiet)
    except Exception as error:
        # The client raises what its transport raises; the user needs one sentence and the way on.
        raise DataError(f"the download from ESGF failed ({error}); run the same command again to go on") from error
    paths = sorted({Path(p) for group in datasets.values() for p in _flat(group)})
    if not paths:
        raise DataError(f"ESGF lists {_text(facets)}, but no file of it could be downloaded; try again later")
    return [_take(path, place) for path in _progress(paths, quiet)]


def _client() -> Any:
    try:
        import intake_esgf
    except ImportError as error:
        raise DataError(
            f"searching ESGF needs intake-esgf, which is not installed; install it with: {INSTALL}"
        ) from error
    return intake_esgf.ESGFCatalog()


def _search(client: Any, facets: Facets) -> Any:
    try:
        found = client.search(**{k: list(v) if not isinstance(v, str) else v for k, v in facets.items()})
    except Exception as error:
        raise DataError(
            f"ESGF found nothing for {_text(facets)} ({error}); check the spelling of the facets"
        ) from error
    if getattr(found, "df", None) is None or not len(found.df):
        raise DataError(f"ESGF has nothing for {_text(facets)}; leave out a facet or check its spelling")
    return found


def _flat(group: Any) -> list[str]:
    return [str(p) for p in group] if isinstance(group, list | tuple) else [str(group)]


def _take(source: Path, place: Path) -> Path:
    """Copy one file from the store of the client; under its own name only when it is complete."""
    if not source.is_file():
        raise DataError(f"{source}: the client names the file, but it is not there; run the same command again")
    target = place / _folder(source.name) / source.name
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return target
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, partial)
        if partial.stat().st_size != source.stat().st_size:
            raise OSError("the copy is shorter than the file")
        partial.replace(target)
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error}); free space or choose another folder") from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _folder(name: str) -> Path:
    """MODEL/EXPERIMENT/MEMBER of a CMIP file name."""
    parts = name.split("_")
    return Path(parts[2], parts[3], parts[4].removesuffix(".nc")) if len(parts) > 4 else Path("other")


def _progress(paths: list[Path], quiet: bool) -> Any:
    if quiet:
        return paths
    from rich.progress import track

    return track(paths, description="Copying", transient=True, disable=not os.isatty(1))


def _text(facets: Facets) -> str:
    return " ".join(f"{k}={v if isinstance(v, str) else ','.join(v)}" for k, v in facets.items())
