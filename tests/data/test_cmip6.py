"""Finding models: DRS folders, plain folders, catalogues; members, tables, grids, versions."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from tests.data.files import write_netcdf

from vadose.data.cmip6 import ModelFiles, find_files, find_model, find_models, read_records
from vadose.data.pack import pack_series
from vadose.errors import DataError


def touch(root: Path, *names: str) -> None:
    """Empty files: nothing of a file with a CMIP name is opened to find it."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def name(variable: str, table: str = "Lmon", model: str = "CESM2", member: str = "r1i1p1f1", **other: str) -> str:
    experiment, grid = other.get("experiment", "historical"), other.get("grid", "gn")
    span = "" if table == "fx" else f"_{other.get('span', '185001-201412')}"
    return f"{variable}_{table}_{model}_{experiment}_{member}_{grid}{span}.nc"


def drs(variable: str, table: str = "Lmon", model: str = "CESM2", member: str = "r1i1p1f1", **other: str) -> str:
    folder = ["CMIP", "NCAR", model, other.get("experiment", "historical"), member, table, variable]
    return "/".join(
        [
            *folder,
            other.get("grid", "gn"),
            other.get("version", "v20190308"),
            name(variable, table, model, member, **other),
        ]
    )


def files(model: ModelFiles, variable: str, member: str = "r1i1p1f1") -> list[str]:
    return [Path(p).name for p in model.members[member][variable]]


def test_drs_tree(tmp_path: Path) -> None:
    touch(tmp_path, drs("mrsol", "Emon"), drs("mrsos"), drs("pr", "Amon"), drs("sftlf", "fx"), drs("areacella", "fx"))
    model = find_model("CESM2", str(tmp_path))
    assert list(model.members) == ["r1i1p1f1"]
    assert model.variables == ("mrsol", "mrsos", "pr")
    assert sorted(model.fixed) == ["areacella", "sftlf"]
    assert not model.notes


def test_several_files_members_and_models(tmp_path: Path) -> None:
    spans = ("190001-194912", "185001-189912")
    touch(tmp_path, *(drs("mrsos", member=m, span=s) for m in ("r10i1p1f1", "r2i1p1f1") for s in spans))
    touch(tmp_path, drs("mrsos", model="CESM2-WACCM"))
    model = find_model("CESM2", f"{tmp_path}/CMIP/**/*.nc")
    assert list(model.members) == ["r2i1p1f1", "r10i1p1f1"]
    assert [f[-16:-3] for f in files(model, "mrsos", "r2i1p1f1")] == sorted(spans)
    assert [m.name for m in find_models(str(tmp_path))] == ["CESM2", "CESM2-WACCM"]
    with pytest.raises(DataError, match="of 2 models .CESM2, CESM2-WACCM.; narrow"):
        find_model("MIROC6", str(tmp_path))


def test_plain_glob_of_the_study(tmp_path: Path) -> None:
    touch(
        tmp_path,
        f"CMIP6/NCAR/CESM2/historical/r1/{name('mrsos')}",
        f"CMIP6/x/CESM2/ssp585/r1/{name('mrsos', experiment='ssp585')}",
    )
    model = find_model("CESM2", "CMIP6/**/CESM2/historical/*/*.nc", base=tmp_path)
    assert files(model, "mrsos") == [name("mrsos")]


def test_monthly_tables_go_first(tmp_path: Path) -> None:
    touch(tmp_path, name("mrsos", "day"), name("mrsos", "Lmon"), name("mrsol", "Eday"), name("mrsol", "Emon"))
    model = find_model("CESM2", str(tmp_path))
    assert files(model, "mrsos") == [name("mrsos", "Lmon")]
    assert files(model, "mrsol") == [name("mrsol", "Emon")]
    assert any("table Lmon taken, left out: day" in n for n in model.notes)


def test_native_grid_goes_first_and_its_land_fraction_with_it(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(name("mrsos", grid=g) for g in ("gr1", "gr", "gn")),
        *(name("sftlf", "fx", grid=g) for g in ("gr", "gn")),
    )
    model = find_model("CESM2", str(tmp_path))
    assert files(model, "mrsos") == [name("mrsos", grid="gn")]
    assert "_gn" in model.fixed["sftlf"]
    regridded = find_model("CESM2", [f"{tmp_path}/*_gr_*.nc", f"{tmp_path}/sftlf*"])
    assert "_gr." in regridded.fixed["sftlf"]


def test_latest_version_goes_first(tmp_path: Path) -> None:
    touch(tmp_path, drs("mrsos", version="v20180101"), drs("mrsos", version="v20200101"))
    model = find_model("CESM2", str(tmp_path))
    assert len(model.members["r1i1p1f1"]["mrsos"]) == 1
    assert "v20200101" in model.members["r1i1p1f1"]["mrsos"][0]
    assert any("v20180101 left out" in n for n in model.notes)


def test_experiments(tmp_path: Path) -> None:
    scenario = {"experiment": "ssp245", "span": "201501-210012"}
    touch(tmp_path / "one", name("mrsos"), name("mrsos", **scenario))
    assert len(files(find_model("CESM2", str(tmp_path / "one")), "mrsos")) == 2
    touch(
        tmp_path / "two",
        name("mrsos"),
        name("mrsos", **scenario),
        name("mrsos", **{**scenario, "experiment": "ssp585"}),
    )
    model = find_model("CESM2", str(tmp_path / "two"))
    assert files(model, "mrsos") == [name("mrsos")]
    assert any("experiment historical taken, left out: ssp245, ssp585" in n for n in model.notes)


def test_attributes_stand_in_for_the_name(tmp_path: Path, mass: np.ndarray) -> None:
    attributes = {
        "source_id": "MIROC6", "variant_label": "r3i1p1f1", "table_id": "Lmon", "variable_id": "mrsos",
        "grid_label": "gn", "experiment_id": "historical",
    }  # fmt: skip
    write_netcdf(tmp_path / "soil.nc", mass, file_attributes=attributes)
    model = find_models(str(tmp_path))[0]
    assert model.name == "MIROC6"
    assert files(model, "mrsos", "r3i1p1f1") == ["soil.nc"]


def test_files_without_any_label(tmp_path: Path, mass: np.ndarray) -> None:
    write_netcdf(tmp_path / "run7.nc", mass / 100, "swvl1", units="m3 m-3")
    model = find_model("MyModel", str(tmp_path / "*.nc"))
    source = model.source("soil_moisture", file_variable="swvl1", depth=(0.0, 0.07))
    assert pack_series(source, (24000, 24023)).values.shape == (24, 24)


def test_source_of_a_model(tmp_path: Path, mass: np.ndarray) -> None:
    write_netcdf(tmp_path / name("mrsos"), mass)
    write_netcdf(tmp_path / name("sftlf", "fx"), np.full((1, 4, 6), 50.0), "sftlf", units="%")
    model = find_model("CESM2", str(tmp_path))
    source = model.source("soil_moisture", depth=(0.0, 0.1))
    assert source.file_variable == "mrsos"
    series = pack_series(source, (24000, 24023))
    np.testing.assert_allclose(series.land_fraction, 0.5)
    assert (series.attrs["model"], series.attrs["member"]) == ("CESM2", "r1i1p1f1")
    with pytest.raises(DataError, match=r"CESM2 \(r1i1p1f1\): no files of gpp .*it has mrsos"):
        model.source("gpp")
    with pytest.raises(DataError, match="no member 'r9i1p1f1'; it has r1i1p1f1"):
        model.source("mrsos", member="r9i1p1f1")


def test_no_file_names_the_pattern_and_the_nearest_folder(tmp_path: Path) -> None:
    touch(tmp_path, "CMIP6/NCAR/x.txt")
    with pytest.raises(DataError) as caught:
        find_files("CMIP6/NCAR/CESM2/*.nc", base=tmp_path)
    assert "'CMIP6/NCAR/CESM2/*.nc'" in str(caught.value)
    assert f"{tmp_path}/CMIP6/NCAR (it holds x.txt)" in str(caught.value)


ROWS = "activity_id,source_id,experiment_id,member_id,table_id,variable_id,grid_label,path\n"


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "json", "dict"])
def test_intake_esm_catalogue(tmp_path: Path, mass: np.ndarray, kind: str) -> None:
    write_netcdf(tmp_path / "data" / "a.nc", mass)
    row = "CMIP,CESM2,historical,r1i1p1f1,Lmon,mrsos,gn,data/a.nc\n"
    other = "CMIP,MIROC6,historical,r1i1p1f1,Lmon,mrsos,gn,data/b.nc\n"
    (tmp_path / "c.csv").write_text(ROWS + row + other)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress((ROWS + row + other).encode()))
    description = {"assets": {"column_name": "path", "format": "netcdf"}}
    (tmp_path / "c.json").write_text(json.dumps({**description, "catalog_file": "c.csv.gz"}))
    table = [dict(zip(ROWS.strip().split(","), r.strip().split(","), strict=True)) for r in (row, other)]
    (tmp_path / "dict.json").write_text(json.dumps({**description, "catalog_dict": table}))
    model = find_model("CESM2", "dict.json" if kind == "dict" else f"c.{kind}", base=tmp_path)
    assert pack_series(model.source("mrsos"), (24000, 24023)).values.shape == (24, 24)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("c.csv", "a,b\n1,2\n", "no column for path, variable, model; it has a, b"),
        ("c.json", "{", "not valid JSON"),
        ("c.json", "{}", "not an intake-esm catalogue"),
        ("c.json", '{"catalog_file": "gone.csv"}', "gone.csv: no such file"),
        ("c.csv", ROWS + "CMIP,M,h,r1i1p1f1,Lmon,mrsos,gn,gs://bucket/a.zarr\n", "not a local netCDF file; download"),
    ],
)
def test_bad_catalogues(tmp_path: Path, file: str, text: str, words: str) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(DataError, match=words):
        read_records(file, tmp_path)
