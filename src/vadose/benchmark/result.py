"""The result of a benchmark run as a Python object."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from vadose.workflow.finished import Failure, read_manifest, report_of


class Maps(Mapping[tuple[str, str], xr.Dataset]):
    """The maps of a run by (model, row); each is opened when it is asked for."""

    def __init__(self, run: Path, files: dict[tuple[str, str], str]) -> None:
        self._run, self._files = run, files

    def __getitem__(self, pair: tuple[str, str]) -> xr.Dataset:
        return xr.open_dataset(self._run / self._files[pair], engine="netcdf4")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@dataclass(frozen=True)
class Benchmark:
    """A finished run: its scores, its maps, what failed, and its report.

    run     folder of the run
    """

    run: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What run.json says: models, comparisons, relationships, pairs, versions, hashes."""
        return read_manifest(self.run, "benchmark run")

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The tidy table of scores, one row a value; the columns are those of scores.csv."""
        return pd.read_csv(self.run / "scores.csv", keep_default_na=False, na_values=[""])

    @cached_property
    def maps(self) -> Maps:
        """Maps by (model, row id): reference and model mean, bias, RMSE, phase and score maps."""
        pairs = self.manifest["pairs"]
        return Maps(self.run, {(p["model"], p["row"]): p["map"] for p in pairs if p.get("map")})

    @property
    def failures(self) -> list[Failure]:
        """Pairs that have no scores though the study asked for them."""
        return [Failure(p["model"], p["row"], p["why"]) for p in self.manifest["pairs"] if p["status"] == "failed"]

    @property
    def index(self) -> Path | None:
        """The first page of the report, where it has been written."""
        return report_of(self.run)

    def report(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the report again and return its first page.

        path : a folder to put a copy of the site into, to publish it without the data behind it
        """
        from vadose.report import write_report

        index = write_report(self.run)
        if path is None:
            return index
        target = Path(path)
        target.mkdir(parents=True, exist_ok=True)
        for page in self.run.glob("*.html"):
            shutil.copyfile(page, target / page.name)
        for folder in ("assets", "data"):
            shutil.copytree(self.run / folder, target / folder, dirs_exist_ok=True)
        return target / index.name
