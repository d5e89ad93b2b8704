"""Full-size synthetic input, generated once into a scratch folder.

VADOSE_DATA must name the folder with `tools/make_cmip_like.py`; VADOSE_BENCH the scratch folder (default
benchmarks/scratch, about 2 GB for four models and 6 GB for sixteen).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MODELS = (
    "CESM-like", "UKESM-like", "CanESM-like", "MPI-like", "IPSL-like", "ACCESS-like", "MIROC-like", "NorESM-like",
    "BCC-like", "CNRM-like", "ECEarth-like", "GFDL-like", "HadGEM-like", "MRI-like", "TaiESM-like", "E3SM-like",
)  # fmt: skip
FAMILIES = {
    "CESM-like": "CLM", "NorESM-like": "CLM", "TaiESM-like": "CLM", "GFDL-like": "LM4", "E3SM-like": "CLM",
    "UKESM-like": "JULES", "HadGEM-like": "JULES", "CanESM-like": "CLASS", "MPI-like": "JSBACH",
    "IPSL-like": "ORCHIDEE", "ACCESS-like": "CABLE", "MIROC-like": "MATSIRO", "BCC-like": "AVIM",
    "CNRM-like": "ISBA", "ECEarth-like": "HTESSEL", "MRI-like": "HAL",
}  # fmt: skip
REFERENCES = ("wang", "esacci", "gpp", "lai", "et")


def tools() -> Path:
    root = os.environ.get("VADOSE_DATA")
    if not root or not (Path(root) / "tools/make_cmip_like.py").exists():
        sys.exit("set VADOSE_DATA to the folder that holds tools/make_cmip_like.py")
    return Path(root) / "tools"


def scratch() -> Path:
    return Path(os.environ.get("VADOSE_BENCH", Path(__file__).parent / "scratch"))


def full(models: tuple[str, ...] = MODELS[:4], coarsen: int = 1) -> Path:
    """The archive of 1970-2014 at true grid sizes, or `coarsen` times coarser, with at least these models."""
    folder = scratch() / ("full" if coarsen == 1 else f"full_{coarsen}")
    missing = [m for m in models if not list((folder / "models" / m).glob("evspsbl*"))]
    references = [] if list((folder / "refs").glob("et_like.nc")) else list(REFERENCES)
    if missing or references:
        generate(
            folder, "--coarsen", str(coarsen), "--years", "1970", "2014", "--models", *missing, "--refs", *references
        )
    return folder


def tiny() -> Path:
    """The archive that the stored results of ILAMB were computed from."""
    folder = scratch() / "tiny"
    if not (folder / "refs/et_like.nc").exists():
        generate(folder, "--coarsen", "4", "--years", "2000", "2005")
    return folder


def generate(folder: Path, *arguments: str) -> None:
    print(f"generating {folder} ...", flush=True)
    subprocess.run([sys.executable, tools() / "make_cmip_like.py", "--out", str(folder), *arguments], check=True)


def integrated(folder: Path) -> Path:
    """One model and one reference of `folder` already integrated to 0-10 cm, as ILAMB needs them."""
    done = folder.with_name("pair")
    if not (done / "refs" / "Wang2021OLC_like_sm010.nc").exists():
        part = folder.with_name("pair_raw")
        for kind, name in (("models", "CESM-like"), ("refs", "Wang2021OLC_like.nc")):
            (part / kind).mkdir(parents=True, exist_ok=True)
            if not (part / kind / name).exists():
                (part / kind / name).symlink_to((folder / kind / name).resolve())
        subprocess.run([sys.executable, tools() / "prep_ilamb.py", str(part), str(done)], check=True)
    return done
