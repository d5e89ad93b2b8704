"""ParFlow's own runs: their databases read to the fields that ParFlow printed and the pressure it started from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.parflow import ParflowCase, read_case, write_pfb

HOUR = 3600.0
BOXES = (
    "default_richards",
    "richards_hydrostatic_equilibrium",
    "slab_posxposy_OverlandKinematic",
    "terrain_following_grid_overland",
    "tiltedV_OverlandFlow",
    "tiltedV_OverlandKinematic",
    "var_dz_1D",
)
CATCHMENT = "catchment_n50_h240_p1"


@pytest.fixture(scope="module")
def golden(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue("vadose_data") / "golden" / "parflow"


@pytest.fixture(scope="module")
def catchment(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> ParflowCase:
    """The catchment with its inputs written as the pfb files that its database names."""
    folder = tmp_path_factory.mktemp("catchment")
    inputs = np.load(golden / f"{CATCHMENT}_inputs.npz")
    for file, name in (("perm", "Ks"), ("poro", "porosity"), ("alpha", "alpha"), ("n", "n"), ("sres", "sres")):
        write_pfb(folder / f"{file}.pfb", inputs[name][::-1])
    write_pfb(folder / "ssat.pfb", np.ones(inputs["Ks"].shape))
    write_pfb(folder / "slopex.pfb", inputs["slope_x"])
    write_pfb(folder / "slopey.pfb", inputs["slope_y"])
    return read_case(golden / f"{CATCHMENT}.pfidb", time_unit="h", inputs=folder)


def case_of(golden: Path, name: str) -> tuple[ParflowCase, dict[str, np.ndarray], np.ndarray]:
    """The case, ParFlow's fields turned to z from the top, and the active cells."""
    case = read_case(golden / f"{name}.pfidb", time_unit="h")
    printed = {key: values[..., ::-1, :, :] for key, values in np.load(golden / f"{name}.npz").items()}
    active = np.ones(case.K_x.shape, bool) if case.active is None else case.active
    return case, printed, active


@pytest.mark.parametrize("name", BOXES)
def test_fields_are_what_parflow_printed(golden: Path, name: str) -> None:
    case, printed, active = case_of(golden, name)
    if name == "var_dz_1D":
        assert active.all()  # ParFlow leaves its printed mask empty where ICPressure is Constant
    else:
        assert np.array_equal(active, printed["mask"] > 0)
    assert np.allclose((case.K_x * HOUR)[active], printed["perm_x"][active], rtol=1e-14, atol=0)
    assert np.allclose((case.K_z * HOUR)[active], printed["perm_z"][active], rtol=1e-14, atol=0)
    assert np.array_equal(case.porosity[active], printed["porosity"][active])
    assert (case.K_x > 0).all() and (case.porosity > 0).all() and np.isfinite(case.initial_head).all()
    assert case.ignored == {} and case.notes == () and case.sources is None and case.wells == ()


@pytest.mark.parametrize("name", BOXES)
def test_initial_head_is_what_parflow_started_from(golden: Path, name: str) -> None:
    case, printed, active = case_of(golden, name)
    assert np.abs(case.initial_head - printed["press"][0])[active].max() <= 1e-14
    # The first water that ParFlow printed is that of these curves at this head.
    r, head = case.retention, printed["press"][0]
    dry = r.s_res + (r.s_sat - r.s_res) * (1 + (r.alpha * np.abs(head)) ** r.n) ** (1 / r.n - 1)
    saturation = np.where(head < 0, dry, r.s_sat)
    assert np.abs(saturation - printed["satur"][0])[active].max() <= 1e-14


def test_grids_and_steps(golden: Path) -> None:
    box = case_of(golden, "default_richards")[0]
    assert box.dx == pytest.approx(80 / 9) and box.dy == pytest.approx(32 / 3) and box.lower == (-10.0, 10.0, 1.0)
    assert box.thickness.shape == (8, 1, 1) and (box.thickness == 1.0).all() and not box.terrain_following
    assert (box.timing.stop, box.timing.first, box.timing.dump_steps) == (HOUR, 3.6, 1)
    column = case_of(golden, "var_dz_1D")[0]
    assert np.allclose(column.thickness.ravel(), [0.005, 0.01, 0.01, 0.015, *[0.1] * 9, 0.12], rtol=1e-14)
    assert np.allclose(column.K_z.ravel() * HOUR, [1e-4, *[5.129] * 12, 1e-3])
    half = case_of(golden, "richards_hydrostatic_equilibrium")[0]
    assert half.active is not None and not half.active[:, 19].any() and half.active[:, :19].all()
    assert half.timing.base_unit == 0.5 * HOUR
    assert case_of(golden, "terrain_following_grid_overland")[0].terrain_following


def test_boundaries_have_their_signs_turned(golden: Path) -> None:
    rain = {b.side: b for b in case_of(golden, "var_dz_1D")[0].boundaries}
    assert rain["top"].kind == "flux" and rain["top"].series.values.tolist() == [pytest.approx(1e-4 / HOUR)]
    heads = {b.side: b for b in case_of(golden, "default_richards")[0].boundaries}
    west, east = heads["west"], heads["east"]
    assert (west.kind, west.index, east.index) == ("head", 0, 17)
    # 5 m at the bottom at the west, 3 m at the east: less by the height of a cell's centre above it.
    for side, bottom in ((west, 5.0), (east, 3.0)):
        head = side.series.at(100.0) + side.offset
        assert head.shape == (8, 15) and np.allclose(head, bottom - np.arange(7.5, 0, -1)[:, None])
    north = {b.side: b for b in case_of(golden, "richards_hydrostatic_equilibrium")[0].boundaries}["north"]
    assert north.index == 18 and north.patch == "back"


def test_rain_on_a_tilted_valley(golden: Path) -> None:
    case = case_of(golden, "tiltedV_OverlandKinematic")[0]
    top = next(b for b in case.boundaries if b.side == "top")
    assert top.kind == "overland" and top.series.starts.tolist() == [0.0, 0.1 * HOUR]  # two base units of 0.05 h
    assert top.series.at(0.1 * HOUR) == pytest.approx(0.01 / HOUR) and top.series.at(0.11 * HOUR) == 0.0
    assert case.surface.slope_x.tolist() == [[-0.01, -0.01, 0.01, 0.01, 0.01]] * 5
    assert (case.surface.slope_y == 0.01).all() and np.allclose(case.surface.manning, 3e-6 * HOUR)
    assert (case.surface.overland, case.surface.epsilon) == ("OverlandKinematic", 1e-5)
    flow = case_of(golden, "tiltedV_OverlandFlow")[0].surface
    assert flow.overland == "OverlandFlow" and flow.slope_x.tolist() == [[-0.01, -0.01, 0.0, 0.01, 0.01]] * 5
    assert case_of(golden, "var_dz_1D")[0].surface.overland is None


def test_a_catchment_from_files(golden: Path, catchment: ParflowCase) -> None:
    inputs = np.load(golden / f"{CATCHMENT}_inputs.npz")
    assert np.allclose(catchment.K_z * HOUR, inputs["Ks"][::-1], rtol=1e-14, atol=0)
    assert np.array_equal(catchment.K_x, catchment.K_z) and catchment.active is None
    assert np.array_equal(catchment.porosity, inputs["porosity"][::-1])
    for ours, theirs in ((catchment.retention.alpha, "alpha"), (catchment.retention.n, "n")):
        assert np.array_equal(ours, inputs[theirs][::-1])
    assert np.array_equal(catchment.retention.s_res, inputs["sres"][::-1]) and (catchment.retention.s_sat == 1).all()
    assert np.array_equal(catchment.surface.slope_x, inputs["slope_x"])
    assert np.array_equal(catchment.surface.slope_y, inputs["slope_y"])
    assert np.allclose(catchment.thickness.ravel()[::-1], inputs["dz"], rtol=1e-14)
    assert catchment.surface.manning[0, 0] == pytest.approx(0.072)  # 2e-5 h m-1/3
    assert catchment.ignored == {} and catchment.terrain_following and (catchment.specific_storage == 1e-5).all()


def test_a_catchment_starts_as_parflow_did(golden: Path, catchment: ParflowCase) -> None:
    stored = np.load(golden / f"{CATCHMENT}.npz")
    first = stored["press"][0][::-1].astype(float)  # float32: 1e-6 m at 26 m
    assert np.abs(catchment.initial_head - first).max() <= 1e-6
    r, head = catchment.retention, catchment.initial_head
    wet = r.s_res + (1 - r.s_res) * (1 + (r.alpha * np.abs(np.minimum(head, 0))) ** r.n) ** (1 / r.n - 1)
    water = (wet * catchment.porosity * catchment.thickness).sum(axis=0).mean() * 1000
    assert water == pytest.approx(stored["sub_storage_mm"][0], rel=1e-6)
    top = next(b for b in catchment.boundaries if b.side == "top")
    assert top.series.starts.tolist() == [0.0, 24 * HOUR]
    assert top.series.values.tolist() == [pytest.approx(0.001 / HOUR), 0.0]


def gained(case: ParflowCase, times: np.ndarray) -> np.ndarray:
    """Water m that the condition at the top has brought by `times` h, from its series."""
    top = next(b for b in case.boundaries if b.side == "top").series
    ends = np.append(top.starts[1:], np.inf)
    spans = np.clip(np.minimum(times[:, None] * HOUR, ends) - top.starts, 0.0, None)
    return (spans * top.values).sum(axis=1)


def test_series_bring_the_water_that_parflow_stored(golden: Path, catchment: ParflowCase) -> None:
    """Sign, unit and the hour at which the rain ends, against the storage of ParFlow's own output."""
    stored = np.load(golden / f"{CATCHMENT}.npz")
    gain = (stored["sub_storage_with_Ss_mm"] - stored["sub_storage_with_Ss_mm"][0] + stored["surface_mm"]) / 1000
    brought = gained(catchment, stored["all_times_h"])
    assert brought[-1] == pytest.approx(0.024) and np.abs(gain - brought).max() <= 1e-6 * brought[-1]
    case, printed, _ = case_of(golden, "var_dz_1D")
    wet, head = printed["satur"], printed["press"]
    water = (wet * (case.porosity + case.specific_storage * head) * case.thickness).sum(axis=(1, 2, 3))
    times = np.append(0.0, 0.01 + np.arange(25.0))  # every 100th step of 0.01 h, from the first
    assert np.abs(water - water[0] - gained(case, times)).max() <= 2e-6  # Newton's tolerance, of 2.4e-3


def test_west_is_where_parflow_has_it(golden: Path) -> None:
    """5 m are held at `left` and 3 m at `right`: ParFlow's last head at the bottom is higher at the west."""
    last = case_of(golden, "default_richards")[1]["press"][-1, -1]
    assert last[:, 0].min() > 4.3 and last[:, -1].max() < 2.6


def test_little_washita(vadose_data: Path, tmp_path: Path) -> None:
    folder = vadose_data / "golden" / "parflow_clm"
    stored = np.load(folder / "LW_30h.npz")
    indicator = stored["indicator"][::-1]
    write_pfb(tmp_path / "IndicatorFile_Gleeson.50z.pfb", indicator)
    write_pfb(tmp_path / "press.init.pfb", stored["press_full"][0][::-1])
    write_pfb(tmp_path / "LW.slopex.pfb", stored["slope_x"])
    write_pfb(tmp_path / "LW.slopey.pfb", stored["slope_y"])
    case = read_case(folder / "LW.pfidb", time_unit="h", inputs=tmp_path)
    assert case.clm["Solver.LSM"] == "CLM" and case.clm["Solver.CLM.MetForcing"] == "3D" and len(case.clm) == 15
    assert case.ignored == {} and case.notes == () and case.timing.dump_interval == HOUR
    assert np.array_equal(case.initial_head, stored["press_full"][0][::-1].astype(float))
    # s1 (sand) and s9 have values of their own, g6 takes K of the list and porosity of the domain.
    for value, K, porosity, alpha in (
        (1, 0.269022595, 0.375, 3.548),
        (9, 0.003386794, 0.442, 1.585),
        (26, 0.2, 0.4, 3.5),
    ):
        cells = indicator == value
        assert cells.any() and np.allclose(case.K_z[cells] * HOUR, K, rtol=1e-14)
        assert (case.porosity[cells] == porosity).all() and (case.retention.alpha[cells] == alpha).all()
    assert case.terrain_following and (case.thickness == 2.0).all() and case.surface.overland == "OverlandFlow"
