"""The list of inputs is complete and names products that the readers know."""

from __future__ import annotations

from typer.testing import CliRunner

from vadose.cli import app
from vadose.data.daily.source import PRODUCTS
from vadose.data.inputs import inputs
from vadose.data.soilmaps.source import PRODUCTS as SOIL_PRODUCTS


def test_every_input_is_whole_and_its_product_is_known() -> None:
    for name, entry in inputs().items():
        assert set(entry) == {"kind", "product", "period", "grid", "where", "licence"}, name
        if "daily" in entry["kind"]:
            assert entry["product"] in PRODUCTS, name
        if "soil map" in entry["kind"]:
            assert entry["product"] in SOIL_PRODUCTS, name


def test_every_product_is_listed() -> None:
    listed = {entry["product"] for entry in inputs().values()}
    assert {*PRODUCTS, *SOIL_PRODUCTS} - {"auto", "generic"} <= listed


def test_the_command_lists_references_and_inputs() -> None:
    done = CliRunner().invoke(app, ["data", "list"])
    assert done.exit_code == 0
    assert "FLUXNET2015" in done.output
    assert "SoilGrids 2.0" in done.output
