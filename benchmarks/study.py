"""A whole study at true sizes from raw mrsol: 7 comparisons, 12 relationships, 5 regions, 1970-2014, two cores.

Goal for 16 models: 15 minutes and 4 GB with the report. Growth is shown in models (1, 2, 4 and those asked for), in
years and in cells. For scale: ILAMB needs 220 CPU s for one of the 112 pairs, pre-integrated and without plots.

python benchmarks/study.py [MODELS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import tomli_w
from archive import FAMILIES, MODELS, full
from common import Cost, measure, record

MOISTURE = (
    ("ESACCI-like", "refs/ESACCI_like.nc", 0.05, "mrsol", [[0.0, 0.05]]),
    ("WangLike", "refs/Wang2021OLC_like.nc", 0.1, "mrsos", None),
    ("WangLike", "refs/Wang2021OLC_like.nc", 0.1, "mrsol", None),
    ("WangLike root zone", "refs/Wang2021OLC_like.nc", 1.0, "mrsol", None),
)
PLANTS = (("WECANN-like", "gpp", "gpp"), ("AVH-like", "lai", "lai"), ("GLEAM-like", "evapotranspiration", "et"))


def study(folder: Path, models: tuple[str, ...], years: tuple[int, int] = (1970, 2014)) -> dict[str, Any]:
    """The tables of the study."""
    references: list[dict[str, Any]] = []
    for name, path, bottom, variable, layers in MOISTURE:
        group = "Root zone" if bottom > 0.5 else "Near surface"
        table = {"name": f"{name} {variable}", "variable": "soil_moisture", "path": path, "depth": [0.0, bottom]}
        references.append(table | {"model_variable": variable, "group": group} | ({"layers": layers} if layers else {}))
    references += [{"name": n, "variable": v, "path": f"refs/{f}_like.nc", "group": "Plants"} for n, v, f in PLANTS]
    relationships = [
        {
            "independent": {"variable": "soil_moisture", "reference": f"{name} {variable}", "depth": [0.0, bottom]},
            "dependent": {"variable": plant, "reference": reference},
        }
        for name, _, bottom, variable, _ in MOISTURE
        for reference, plant, _ in PLANTS
    ]
    climates = [f"koppen:{k}" for k in ("tropical", "arid", "temperate", "continental")]
    return {
        "study": {"title": "Full size", "period": list(years), "root": str(folder), "regions": ["global", *climates]},
        "models": [{"name": m, "family": FAMILIES[m], "path": f"models/{m}/*.nc"} for m in models],
        "references": references,
        "relationships": relationships,
    }


def run(models: tuple[str, ...], years: tuple[int, int] = (1970, 2014), coarsen: int = 1) -> Cost:
    folder = full(models, coarsen)
    with tempfile.TemporaryDirectory(dir=folder.parent) as out:
        path = Path(out) / "study.toml"
        path.write_text(tomli_w.dumps(study(folder, models, years)))
        command = [sys.executable, "-m", "vadose", "benchmark", str(path), "--out", f"{out}/run", "--workers", "2"]
        return measure(*command)


def main() -> None:
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    run(MODELS[2:3], (2005, 2009))  # compiles
    for count in sorted({1, 2, 4, asked}):
        record("study", models=count, years=45, cost=run(MODELS[:count]), goal="16 models: 900 s, 4 GB")
    record("study", models=4, years=15, cost=run(MODELS[:4], (2000, 2014)))
    record("study", models=4, years=45, cells="a quarter", cost=run(MODELS[:4], coarsen=2))


if __name__ == "__main__":
    main()
