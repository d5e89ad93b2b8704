"""The table of references: complete, readable, and right where the producer states a fact."""

from __future__ import annotations

import re
from collections.abc import Callable

import netCDF4
import numpy as np
import pytest
from rich.console import Console

from vadose.data.catalog import defaults_for, known_reference, list_references, reference_table
from vadose.data.pack import pack_series
from vadose.data.source import Source
from vadose.data.units import conversion
from vadose.variables import lookup

WANTED = [
    "ESA CCI SM", "ESA CCI SM gap-filled", "C3S SM", "Wang2021 OLC", "ERA5", "ERA5-Land", "ERA-Interim", "GLDAS-Noah",
    "MERRA-2", "SMAP L3", "GLEAM", "WECANN", "FLUXCOM", "AVH15C1", "MODIS LAI", "FLUXNET2015", "LORA",
]  # fmt: skip


def test_all_wanted_references_are_there() -> None:
    assert set(WANTED) <= {r.name for r in list_references()}


@pytest.mark.parametrize("reference", list_references(), ids=lambda r: r.name)
def test_every_entry_is_complete_and_makes_a_source(reference) -> None:
    assert reference.licence and reference.where and reference.title and reference.products
    assert re.fullmatch(r"10\.\d{4,}/\S+", reference.paper["doi"])
    assert reference.paper["doi"] in reference.citation
    assert reference.bibtex.startswith(f"@article{{{reference.paper['key']},") and reference.bibtex.count("=") == 7
    for product in reference.products:
        options = product.options()
        Source(product.variable, ("a.nc",), **options)
        conversion(product.units, lookup(product.variable), reference.name, product.accumulation)
        if isinstance(product.file_variable, tuple):
            assert len(product.file_variable) == len(product.layers)
        for upper, lower in zip(product.layers[:-1], product.layers[1:], strict=True):
            assert upper[1] == lower[0]


def test_keys_are_unique() -> None:
    keys = [k for r in list_references() for k in r.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ERA5-Land", "ERA5-Land"), ("era5 land", "ERA5-Land"), ("ERA5", "ERA5"), ("ESACCI", "ESA CCI SM"),
        ("Wang2021OLC", "Wang2021 OLC"), ("GLEAM v3.8a", "GLEAM"), ("GLDAS", "GLDAS-Noah"),
        ("ESA CCI SM v09.1", "ESA CCI SM"), ("MERRA2", "MERRA-2"), ("ERA5 and a half", None), ("Palisade", None),
    ],
)  # fmt: skip
def test_names(name: str, expected: str | None) -> None:
    found = known_reference(name)
    assert (found.name if found else None) == expected


def test_facts_of_the_producers() -> None:
    era5 = defaults_for("ERA5", "soil_moisture")
    assert era5["layers"] == ((0.0, 0.07), (0.07, 0.28), (0.28, 1.0), (1.0, 2.89))
    gldas = defaults_for("GLDAS-Noah", "soil_moisture")
    assert gldas["file_variable"][0] == "SoilMoi0_10cm_inst"
    assert gldas["layers"][-1] == (1.0, 2.0)
    wang = defaults_for("Wang2021OLC", "soil_moisture")
    assert wang["fallback"]["layers"] == ((0.0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 1.0))
    assert defaults_for("ESA CCI SM", "soil_moisture")["minimum_count"] == 5
    assert defaults_for("unknown", "soil_moisture") == {}
    assert "file_variable" not in defaults_for("LORA", "gpp") and defaults_for("LORA", "gpp")["doi"]


@pytest.mark.parametrize(("depth", "name"), [((0.0, 0.05), "SFMC"), ((0.0, 0.1), "SFMC"), ((0.0, 1.0), "RZMC")])
def test_the_depth_decides_between_products(depth: tuple[float, float], name: str) -> None:
    assert defaults_for("MERRA-2", "soil_moisture", depth)["file_variable"] == name


def test_defaults_read_an_era5_file(write: Callable[..., str]) -> None:
    path = write("a.nc", np.full((24, 4, 6), -0.002), "e", units="m")
    options = {k: v for k, v in defaults_for("ERA5", "evapotranspiration").items() if k in Source.__dataclass_fields__}
    series = pack_series(Source("evapotranspiration", [path], **options), (24000, 24023))
    np.testing.assert_allclose(series.values, 2 / 86400.0, rtol=1e-6)


def test_defaults_fill_in_what_a_file_does_not_say(write: Callable[..., str]) -> None:
    path = write("a.nc", np.full((24, 4, 4, 6), 0.3), "sm", units=None, depth_bnds=np.arange(8.0).reshape(4, 2))
    with netCDF4.Dataset(path, "a") as d:
        d["depth"].delncattr("bounds")
        d.renameVariable("depth_bnds", "unrelated")
        d.renameVariable("depth", "number")
    options = {
        k: v for k, v in defaults_for("Wang2021OLC", "soil_moisture").items() if k in Source.__dataclass_fields__
    }
    series = pack_series(Source("soil_moisture", [path], depth=(0.0, 0.5), **options), (24000, 24023))
    np.testing.assert_allclose(series.attrs["soil_layers"], [[0, 0.1], [0.1, 0.3], [0.3, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(series.values, 0.3, rtol=1e-6)


def test_table_is_printable() -> None:
    console = Console(record=True, width=200, file=open("/dev/null", "w"))
    console.print(reference_table())
    text = console.export_text()
    assert "GLEAM" in text and "0.07-0.28" in text
