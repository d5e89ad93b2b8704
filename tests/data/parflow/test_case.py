"""A run as arrays in SI: regions, files, time, boundaries, wells, and what has no effect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.parflow.cases import SHAPE, box, indicator, keys, numbered, write

from vadose.data.parflow import ParflowCase, TimeSeries, read_case, write_pfb

HOUR = 3600.0


def read(folder: Path, made: dict[str, object], unit: str = "h") -> ParflowCase:
    return read_case(write(folder, made), time_unit=unit)


def test_units_and_axes(tmp_path: Path) -> None:
    case = read(tmp_path, keys())
    assert case.K_z.shape == SHAPE and np.allclose(case.K_z, 1e-4) and np.allclose(case.K_x, 1e-3)
    assert np.allclose(case.K_y, 5e-4) and (case.dx, case.dy) == (10.0, 20.0) and (case.thickness == 0.5).all()
    assert np.allclose(case.initial_head[:, 0, 0], [-1.25, -0.75, -0.25, 0.25, 0.75])  # 1 m at the bottom
    assert (case.surface.slope_x == 0.01).all() and (case.surface.slope_y == -0.02).all()
    assert np.allclose(case.surface.manning, 0.036) and case.surface.overland is None
    for unit, seconds in (("s", 1), ("min", 60), ("day", 86400)):
        other = read(tmp_path, keys(), unit)
        assert np.allclose(other.K_z, 0.36 / seconds) and other.timing.stop == 10 * seconds and other.time_unit == unit
    assert "K reaches 3.6 m/s, more than gravel has" in read(tmp_path, keys(), "s").notes[0] and case.notes == ()


def test_later_regions_lie_over_earlier_ones(tmp_path: Path) -> None:
    made = keys(GeomInput__Names="box low in", Geom__Perm__Names="domain low in")
    made |= box("deep", (0, 0, 100), (40, 60, 101)) | box("core", (10, 20, 100), (30, 40, 102))
    for name, geometry, K in (("low", "deep", 3.6), ("in", "core", 7.2)):
        made |= {f"GeomInput.{name}.InputType": "Box", f"GeomInput.{name}.GeomName": geometry}
        made |= {f"Geom.{geometry}.Perm.Type": "Constant", f"Geom.{geometry}.Perm.Value": K}
    made["Geom.Perm.Names"] = "domain deep core"
    K = read(tmp_path, made).K_z
    assert np.allclose(K[:3, 0, 0], 1e-4) and np.allclose(K[3:, 0, 0], 1e-3)
    assert np.allclose(K[1:, 1, 1:3], 2e-3) and np.allclose(K[0, 1, 1:3], 1e-4)


def test_soils_of_an_indicator_field(tmp_path: Path) -> None:
    field = np.full(SHAPE, 2.0)
    field[0], field[4, 2, 3] = 1.0, 7.0
    write_pfb(tmp_path / "soils.pfb", field)
    made = keys(Geom__Porosity__GeomNames="domain sand", **{"Geom.sand.Porosity.Type": "Constant"})
    made |= indicator(sand=1, clay=2) | {"Geom.sand.Porosity.Value": 0.3}
    case = read(tmp_path, made)
    assert (case.porosity[0] == 0.3).all() and (case.porosity[1:] == 0.4).all()
    assert case.notes == (
        "indicator field soils: no geometry for the values 7 (1 cells); they take the regions below them",
    )


def test_fields_from_files(tmp_path: Path) -> None:
    names = ("perm", "poro", "tx", "ty", "tz", "slope", "n", "head")
    for place, name in enumerate(names):
        values = numbered(SHAPE[1:]) if name == "slope" else numbered()
        write_pfb(tmp_path / f"{name}.pfb", values / (100.0 if name == "poro" else 1.0) + place * (name != "poro"))
    made = keys(
        Geom__domain__Perm__Type="PFBFile",
        Geom__domain__Perm__FileName="perm.pfb",
        Perm__TensorType="TensorByFile",
        Geom__domain__Porosity__Type="PFBFile",
        Geom__domain__Porosity__FileName="./poro.pfb",
        TopoSlopesX__Type="PFBFile",
        TopoSlopesX__FileName="slope.pfb",
        Mannings__Type="PFBFile",
        Mannings__FileName="slope.pfb",
        ICPressure__Type="PFBFile",
        Geom__domain__ICPressure__FileName="head.pfb",
    )
    made |= {f"Geom.domain.Perm.TensorFile{axis}": f"t{axis.lower()}.pfb" for axis in "XYZ"}
    case = read(tmp_path, made)
    assert np.allclose(case.K_y * HOUR, numbered() * (numbered() + 3)) and np.allclose(case.porosity, numbered() / 100)
    assert np.array_equal(case.surface.slope_x, numbered(SHAPE[1:]) + 5) and case.surface.slope_x[0, 1] == 7
    assert np.allclose(case.surface.manning, (numbered(SHAPE[1:]) + 5) * HOUR)
    assert np.array_equal(case.initial_head, numbered() + 7)
    elsewhere = tmp_path / "inputs"
    elsewhere.mkdir()
    for name in names:
        (tmp_path / f"{name}.pfb").rename(elsewhere / f"{name}.pfb")
    again = read_case(write(tmp_path, made), time_unit="h", inputs=elsewhere)
    assert np.array_equal(again.K_x, case.K_x) and again.ignored == {}


def test_retention_from_files(tmp_path: Path) -> None:
    made = keys(**{"Phase.Saturation.VanGenuchten.File": 1, "Phase.RelPerm.VanGenuchten.File": 1})
    fields = {"Alpha": numbered(), "N": numbered() + 1, "SRes": numbered() / 100, "SSat": 0.7 + numbered() / 1000}
    for name, values in fields.items():
        write_pfb(tmp_path / f"{name}.pfb", values)
        made[f"Geom.domain.Saturation.{name}.Filename"] = f"{name}.pfb"
        made[f"Geom.domain.RelPerm.{name}.Filename"] = f"{name}.pfb"
    retention = read(tmp_path, made).retention
    assert np.array_equal(retention.alpha, fields["Alpha"]) and np.array_equal(retention.n, fields["N"])
    assert np.array_equal(retention.s_res, fields["SRes"]) and np.array_equal(retention.s_sat, fields["SSat"])


def test_a_domain_smaller_than_the_grid(tmp_path: Path) -> None:
    """Cells outside hold values that no arithmetic fails on, whatever the files have there."""
    made = keys(**box("domain", (10, 0, 100), (40, 40, 102)), Geom__domain__Perm__Type="PFBFile")
    made |= {"Geom.domain.Perm.FileName": "perm.pfb", "ICPressure.Type": "PFBFile"}
    made |= {"Geom.domain.ICPressure.FileName": "head.pfb", "Patch.top.BCPressure.alltime.Value": -0.36}
    K = np.full(SHAPE, np.nan)
    K[1:, :2, 1:] = 0.36
    write_pfb(tmp_path / "perm.pfb", K)
    write_pfb(tmp_path / "head.pfb", np.where(np.isnan(K), np.nan, -2.0))
    case = read(tmp_path, made)
    assert case.active is not None and np.array_equal(case.active, np.isfinite(K))
    assert np.allclose(case.K_z, 1e-4) and (case.initial_head == -2).all() and (case.retention.n == 1.8).all()
    sides = {b.side: b for b in case.boundaries}
    assert [sides[s].index for s in ("west", "east", "south", "north", "bottom", "top")] == [1, 3, 0, 1, 4, 1]
    assert np.array_equal(sides["top"].faces, case.active[1]) and np.array_equal(
        sides["west"].faces, case.active[..., 1]
    )
    assert sides["top"].series.values.tolist() == [pytest.approx(1e-4)]


@pytest.mark.parametrize(
    ("kind", "extra", "scale"),
    [
        ("nzList", {f"Cell.{k}.dzScale.Value": v for k, v in enumerate((4, 2, 1, 1, 0.5))}, (4, 2, 1, 1, 0.5)),
        ("Constant", {"dzScale.GeomNames": "domain low", "Geom.domain.dzScale.Value": 1}, (4, 4, 1, 1, 1)),
        ("PFBFile", {"Geom.domain.dzScale.FileName": "dz.pfb"}, (5, 4, 3, 2, 1)),
    ],
)
def test_layers_of_their_own_thickness(tmp_path: Path, kind: str, extra: dict, scale: tuple[float, ...]) -> None:
    made = keys(**{"Solver.Nonlinear.VariableDz": True, "dzScale.Type": kind, "dzScale.nzListNumber": 5})
    made |= {"GeomInput.Names": "box lowinput", "GeomInput.lowinput.InputType": "Box"}
    made |= {
        "GeomInput.lowinput.GeomName": "low",
        **box("low", (0, 0, 100), (40, 60, 101)),
        "Geom.low.dzScale.Value": 4,
    }
    write_pfb(tmp_path / "dz.pfb", np.ones(SHAPE) * np.arange(1, 6)[:, None, None])
    case = read(tmp_path, made | extra)
    upward = case.thickness.ravel()[::-1]
    assert np.allclose(upward, 0.5 * np.asarray(scale))
    # Hydrostatic from 1 m at the bottom, with the real thickness: the centre of the second layer and the top.
    assert case.initial_head[-2, 0, 0] == pytest.approx(1 - upward[0] - upward[1] / 2)
    assert case.initial_head[0, 2, 3] == pytest.approx(1 - upward.sum() + upward[-1] / 2)
    off = read(tmp_path, made | extra | {"Solver.Nonlinear.VariableDz": False})
    assert (off.thickness == 0.5).all() and off.ignored == {}


@pytest.mark.parametrize(
    ("changes", "top"),
    [
        ({"ICPressure.Type": "Constant"}, 1.0),
        ({"ICPressure.Type": "HydroStaticDepth", "Geom.domain.ICPressure.RefElevation": 101.0}, -0.25),
        ({"Geom.domain.ICPressure.RefPatch": "top"}, 1.25),
        ({"ICPressure.GeomNames": "domain low", "Geom.low.ICPressure.Value": 9.0}, -1.25),
    ],
)
def test_initial_heads(tmp_path: Path, changes: dict, top: float) -> None:
    made = keys(**{"GeomInput.Names": "box lowinput", "GeomInput.lowinput.InputType": "Box"})
    made |= {"GeomInput.lowinput.GeomName": "low", **box("low", (0, 0, 100), (40, 60, 101))}
    made |= {"Geom.low.ICPressure.RefGeom": "low", "Geom.low.ICPressure.RefPatch": "top"}
    head = read(tmp_path, made | changes).initial_head
    assert np.allclose(head[0], top)
    if "ICPressure.GeomNames" in changes:
        assert np.allclose(head[:, 1, 1], [-1.25, -0.75, -0.25, 9.25, 9.75])  # 9 m at the top of `low`


def series(folder: Path, **changes: object) -> TimeSeries:
    made = keys(**{"Patch.top.BCPressure.Type": "FluxConst", "Patch.top.BCPressure.Cycle": "storms"})
    made |= {"Patch.top.BCPressure.rain.Value": -3.6, "Patch.top.BCPressure.dry.Value": 0.36}
    made |= {key.replace("__", "."): value for key, value in changes.items()}
    return next(b for b in read(folder, made).boundaries if b.side == "top").series


def test_cycles(tmp_path: Path) -> None:
    rain, dry = pytest.approx(1e-3), pytest.approx(-1e-4)
    twice = series(tmp_path)  # rain for 1 h, dry for 3 h, twice, then dry
    assert (twice.starts / HOUR).tolist() == [0, 1, 4, 5] and twice.values.tolist() == [rain, dry, rain, dry]
    for time, value in ((0.0, rain), (0.5, rain), (1.0, rain), (1.1, dry), (4.0, dry), (5.0, rain), (9.9, dry)):
        assert twice.at(time * HOUR) == value
    assert twice.at(sum([HOUR / 7000] * 7000)) == rain  # 1 h, but for 2e-12 of it
    ever = series(tmp_path, Cycle__storms__Repeat=-1)
    assert (ever.starts / HOUR).tolist() == [0, 1, 4, 5, 8, 9]
    half = series(tmp_path, TimingInfo__BaseUnit=0.5, TimingInfo__StartTime=3.0)
    assert (half.starts / HOUR).tolist() == [3, 3.5]  # two rounds of 2 h end at 4 h, counted from zero
    assert half.at(3.5 * HOUR) == rain and half.at(9 * HOUR) == dry
    done = series(tmp_path, TimingInfo__StartTime=9.0)
    assert done.starts.tolist() == [9 * HOUR] and done.values.tolist() == [dry]


def test_growing_steps(tmp_path: Path) -> None:
    made = keys(**{"TimeStep.Type": "Growth", "TimeStep.InitialStep": 0.01, "TimeStep.GrowthFactor": 1.5})
    made |= {"TimeStep.MaxStep": 1.0, "TimeStep.MinStep": 0.001, "TimingInfo.DumpInterval": -3}
    timing = read(tmp_path, made).timing
    assert (timing.first, timing.growth, timing.shortest, timing.longest) == (36.0, 1.5, 3.6, 3600.0)
    assert (timing.dump_steps, timing.dump_interval) == (3, None)
    constant = read(tmp_path, keys()).timing
    assert (constant.first, constant.growth, constant.dump_steps, constant.dump_interval) == (1800.0, 1.0, None, 7200.0)


def test_fluxes_into_the_domain_are_positive(tmp_path: Path) -> None:
    """ParFlow counts along the axis: the same number is a gain at the lower side and a loss at the upper one."""
    made = keys()
    for patch in ("left", "right", "front", "back", "bottom", "top"):
        made[f"Patch.{patch}.BCPressure.alltime.Value"] = 0.36
    fluxes = {b.patch: (b.side, b.kind, b.series.at(1.0)) for b in read(tmp_path, made).boundaries}
    gain, loss = pytest.approx(1e-4), pytest.approx(-1e-4)
    assert fluxes == {
        "left": ("west", "flux", gain), "right": ("east", "flux", loss),
        "front": ("south", "flux", gain), "back": ("north", "flux", loss),
        "bottom": ("bottom", "flux", gain), "top": ("top", "flux", loss),
    }  # fmt: skip
    volume = read(tmp_path, made | {f"Patch.{p}.BCPressure.Type": "FluxVolumetric" for p in ("left", "back", "top")})
    areas = {"left": 60 * 2.5, "back": -40 * 2.5, "top": -40 * 60.0}
    for b in volume.boundaries:
        if b.patch in areas:
            assert b.series.at(1.0) == pytest.approx(1e-4 / areas[b.patch])


def test_heads_at_the_sides(tmp_path: Path) -> None:
    made = keys()
    for patch, reference, value in (("left", "top", -1.0), ("back", "bottom", 2.0), ("bottom", "top", 0.0)):
        base = f"Patch.{patch}.BCPressure"
        made |= {f"{base}.Type": "DirEquilRefPatch", f"{base}.RefGeom": "domain", f"{base}.RefPatch": reference}
        made[f"{base}.alltime.Value"] = value
    heads = {b.side: b.series.at(1.0) + b.offset for b in read(tmp_path, made).boundaries if b.offset is not None}
    assert heads["west"].shape == (5, 3) and np.allclose(heads["west"][:, 1], [-0.75, -0.25, 0.25, 0.75, 1.25])
    assert heads["north"].shape == (5, 4) and np.allclose(heads["north"][:, 3], [-0.25, 0.25, 0.75, 1.25, 1.75])
    assert heads["bottom"].shape == (3, 4) and np.allclose(heads["bottom"], 2.5)


@pytest.mark.parametrize("kind", ["OverlandFlow", "OverlandKinematic", "OverlandDiffusive", "SeepageFace"])
def test_water_over_the_ground(tmp_path: Path, kind: str) -> None:
    made = keys(**{"Patch.top.BCPressure.Type": kind, "Patch.top.BCPressure.alltime.Value": -0.0036})
    made["Solver.OverlandDiffusive.Epsilon"] = 0.002
    case = read(tmp_path, made)
    top = next(b for b in case.boundaries if b.side == "top")
    assert top.type == kind and top.series.at(1.0) == pytest.approx(1e-6)
    assert case.surface.overland == (None if kind == "SeepageFace" else kind) and case.ignored == {}
    assert case.surface.epsilon == (0.002 if kind == "OverlandDiffusive" else 1e-5)


def test_wells(tmp_path: Path) -> None:
    made = keys(Wells__Names="pump hold")
    for name, action, kind in (("pump", "Extraction", "Flux"), ("hold", "Injection", "Pressure")):
        made |= {f"Wells.{name}.InputType": "Vertical", f"Wells.{name}.Action": action, f"Wells.{name}.Type": kind}
        made |= {f"Wells.{name}.X": 15.0, f"Wells.{name}.Y": 50.0, f"Wells.{name}.Cycle": "storms"}
        made |= {f"Wells.{name}.ZLower": 100.2, f"Wells.{name}.ZUpper": 101.2}
    made |= {"Wells.pump.rain.Flux.water.Value": 36.0, "Wells.pump.dry.Flux.water.Value": 0.0}
    made |= {"Wells.hold.rain.Pressure.Value": 4.0, "Wells.hold.dry.Pressure.Value": 3.0}
    made |= {"Wells.hold.rain.Saturation.water.Value": 1.0, "Wells.pump.Method": "Standard"}
    case = read(tmp_path, made)
    pump, hold = case.wells
    assert (pump.kind, pump.row, pump.column, pump.layers.tolist()) == ("flux", 2, 1, [2, 3, 4])
    assert pump.series.at(1.0) == pytest.approx(-0.01) and pump.series.at(2 * HOUR) == 0.0
    assert np.allclose(pump.share, 1 / 3) and (hold.kind, hold.series.at(1.0)) == ("head", 4.0) and case.ignored == {}
    made |= {"Solver.Nonlinear.VariableDz": True, "dzScale.Type": "nzList", "dzScale.nzListNumber": 5}
    made |= {f"Cell.{k}.dzScale.Value": v for k, v in enumerate((1.0, 4.0, 1.0, 1.0, 1.0))}
    nominal = read(tmp_path, made).wells[0]
    assert nominal.layers.tolist() == [2, 3, 4] and np.allclose(nominal.share, [1 / 3, 4 / 3, 1 / 3])
    real = read(tmp_path, made | {"Wells.CorrectForVarDz": True}).wells[0]
    assert real.layers.tolist() == [3, 4] and np.allclose(real.share, [0.8, 0.2])


def test_sources(tmp_path: Path) -> None:
    made = keys(**{"GeomInput.Names": "box lowinput", "GeomInput.lowinput.InputType": "Box"})
    made |= {"GeomInput.lowinput.GeomName": "low", **box("low", (0, 0, 100), (40, 60, 101))}
    made |= {"PhaseSources.water.GeomNames": "domain low", "PhaseSources.water.Geom.low.Value": -0.36}
    made["PhaseSources.water.Geom.domain.Value"] = 0.036
    sources = read(tmp_path, made).sources
    assert sources is not None and np.allclose(sources[:3], 1e-5) and np.allclose(sources[3:], -1e-4)
    write_pfb(tmp_path / "et.pfb", np.where(numbered() == 1, -0.36, 0.0))
    made = keys(**{"Solver.EvapTransFile": True, "Solver.EvapTrans.FileName": "et.pfb"})
    taken = read(tmp_path, made).sources
    assert taken is not None and taken[0, 0, 0] == pytest.approx(-1e-4) and np.count_nonzero(taken) == 1
    assert read(tmp_path, keys()).sources is None


def test_what_has_no_effect_is_kept_to_be_shown(tmp_path: Path) -> None:
    harmless = {
        "Solver.Linear.KrylovDimension": 70,
        "Solver.PrintVelocities": True,
        "Solver.WriteSiloMask": True,
        "Solver.Nonlinear.FlowBarrierX": False,
        "Solver.TerrainFollowingGrid.SlopeUpwindFormulation": "Original",
        "Solver.ResetSurfacePressure": False,
        "Solver.ResetSurfacePressure.ThresholdPressure": 10.0,
        "Metadata.Title": "a run",
        "OverlandFlowSpinUp": 0,
        "Geom.domain.Something": None,
        "Geom.Retardation.GeomNames": "",
        "Cycle.unused.Names": "a",
        "Solver.LSM": "none",
    }
    assert read(tmp_path, keys(**harmless)).ignored == {}
    telling = {
        "Solver.Nonlinear.FlowBarrierX": "True",
        "Solver.TerrainFollowingGrid.SlopeUpwindFormulation": "Upwind",
        "Solver.ResetSurfacePressure": "True",
        "Solver.ResetSurfacePressure.ThresholdPressure": "10.0",
        "OverlandFlowSpinUp": "1",
        "InternalBC.Names": "spring",
        "Contaminants.Names": "tce",
        "Geom.domain.FBx.Value": "0.5",
        "Geom.domain.RelPerm.NumSamplePoints": "20000",
        "Reservoirs.Names": "dam",
    }
    assert read(tmp_path, keys(**{"Solver.TerrainFollowingGrid": True}, **telling)).ignored == telling


def test_columns_without_a_slope_are_flat(tmp_path: Path) -> None:
    made = keys(**{"GeomInput.Names": "box half", "GeomInput.half.InputType": "Box", "GeomInput.half.GeomName": "west"})
    made |= box("west", (0, 0, 100), (20, 60, 102.5))
    made |= {"TopoSlopesX.GeomNames": "west", "TopoSlopesX.Geom.west.Value": 0.3}
    case = read(tmp_path, made)
    assert case.surface.slope_x.tolist() == [[0.3, 0.3, 0.0, 0.0]] * 3
    assert case.notes == ("TopoSlopesX: 6 columns are in none of its regions and take 0",)
