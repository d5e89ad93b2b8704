"""subsurface.nc of a run: the ground on which its water flows and the layers below, as the model took them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.grid.latlon import LatLonGrid
from vadose.model.bridge import on_grid
from vadose.simulate.depths import common_layers
from vadose.simulate.subsurface_ground import ground_of
from vadose.workflow.output import write_dataset

if TYPE_CHECKING:
    from vadose.simulate.run import Plan

FILE = "subsurface.nc"
ABOUT = {
    "slope_x": ("1", "slope toward the next cell eastward, positive where the ground rises"),
    "slope_y": ("1", "slope toward the next cell northward"),
    "elevation": ("m", "elevation of the ground, conditioned so that all of it drains"),
    "wetness": ("1", "topographic wetness index"),
}


def write_ground(plan: Plan, run: Path) -> None:
    """Write the ground under the columns of a run on the grid of its outputs, [lat, lon], NaN where no column is.

    slope_x, slope_y; elevation and wetness index of a study with an elevation map; thickness of all layers, m; dx, dy
    m in the attributes. Without a subsurface the file of an earlier run is removed.
    """
    import xarray as xr

    study, cells, grid = plan.study, plan.cells, plan.cells.grid
    if not study.subsurface.on:
        (run / FILE).unlink(missing_ok=True)
        return
    assert isinstance(grid, LatLonGrid)
    ground = ground_of(study.subsurface, cells, [])
    fields = {"slope_x": ground.slope_x, "slope_y": ground.slope_y, **ground.terrain}
    data: dict[str, Any] = {}
    for name, values in fields.items():
        units, title = ABOUT[name]
        field = on_grid(values.ravel()[ground.place], cells)
        data[name] = (("lat", "lon"), field, {"units": units, "long_name": title})
    layers = np.array(common_layers(study, plan.members, whole=True))
    data["thickness"] = (("layer",), layers, {"units": "m", "long_name": "thickness of the layer, from the top"})
    coords = {
        "lat": (("lat",), grid.lat, {"units": "degrees_north", "standard_name": "latitude"}),
        "lon": (("lon",), grid.lon, {"units": "degrees_east", "standard_name": "longitude"}),
    }
    about = {"Conventions": "CF-1.11", "title": study.study.title, "dx": ground.dx, "dy": ground.dy}
    write_dataset(xr.Dataset(data, coords, about), run / FILE)
