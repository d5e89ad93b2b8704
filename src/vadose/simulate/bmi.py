"""The column model as a component with the Basic Model Interface (BMI 2.0; Hutton et al. 2020, bmipy).

Another framework drives it step by step: the weather is that of the study, or what `set_value` says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from vadose.errors import ConfigError, DataError, RangeError
from vadose.model.outputs import OF_COLUMNS
from vadose.model.run import Run, run
from vadose.simulate.bmi_grids import COLUMNS, LAYERS, Grids, Values
from vadose.simulate.bmi_names import INPUTS, NAMES, variable
from vadose.simulate.members import Member, members
from vadose.simulate.setup import Climate, Prepared, prepare
from vadose.simulate.study import load_study
from vadose.simulate.weather import Wanted, blocks, mean_temperature, schedule, weather

try:
    from bmipy import Bmi
except ImportError as error:
    raise ImportError('the Basic Model Interface needs bmipy: pip install "vadose[bmi]"') from error


class VadoseBmi(Grids, Bmi):
    """The columns of a study as a BMI component; time in s from the start of the study's period.

    Grid 0 is the columns, points of longitude and latitude; grid 1 the layers of all columns, layer by layer, with z
    in m, negative below the ground. Values are flat float64 arrays over the points of their grid.
    Inputs are the weather of the next step and the soil's water, ice and temperature. What `set_value` gives the
    weather stays until it is set again; what is written through `get_value_ptr` holds for the next step. Outputs are
    means over the last step, NaN before the first.

    Water that is set closes in an account of its own: `storage` at any time is that of the beginning, `added` by what
    was set, and precipitation less evapotranspiration and runoff of the steps between.
    """

    def initialize(self, config_file: str) -> None:
        """Read a study file of `vadose simulate`; spin-up and outputs of the study are not used.

        Raises ConfigError for a wrong study or one of several members, DataError where the forcing cannot be read.
        """
        from vadose.data.forcing.read import nearest_columns
        from vadose.simulate.columns import places

        study, _ = load_study(config_file)
        if study.initial.restart:
            raise ConfigError("[initial] `restart`: the component begins with moisture and temperature; leave it out")
        member = _only(members(study))
        files = weather(study)
        self._cells = places(study, files)
        where = nearest_columns(files, self._cells)
        self._schedule = schedule(study, files)
        made: Prepared = prepare(study, member, self._cells, Climate(mean_temperature(study, where)))
        self._model, self._parameters, self._state = made.model, made.parameters, made.state
        self._thickness = np.asarray(made.model.thickness)
        self._read = (files, Wanted(where, (None,), self._cells.size))
        self._block: tuple[int, Any] = (-1, None)
        self._step, self._failed, self._added = 0, np.zeros(self._cells.size, int), np.zeros(self._cells.size)
        self._outside: dict[str, Values] = {}
        self._values = {name: np.full(self._size(name), np.nan) for name in NAMES}
        self._fill()

    def update(self) -> None:
        """One step. Raises DataError behind the end of the study's weather."""
        if self._step >= self._schedule.steps:
            raise DataError(f"the weather of the study ends after {self._schedule.steps} steps")
        import jax

        forcing = self._forcing_now()
        for name in INPUTS:
            if not INPUTS[name].soil:
                forcing = replace(forcing, **{INPUTS[name].field: self._values[name][None]})
        begun = self._soil_set()
        self._added += self._stored(begun) - self._stored(self._state)
        done: Run = run(
            self._model, begun, self._parameters, jax.tree.map(jax.numpy.asarray, forcing),
            self._schedule.step, outputs=OF_COLUMNS,
        )  # fmt: skip
        self._state = done.state
        self._failed += np.asarray(done.tally.failed)
        for name, known in NAMES.items():
            if name not in INPUTS:
                self._values[name][:] = np.asarray(done.means[known.field])[0].ravel()
        self._step += 1
        self._fill()

    def update_until(self, time: float) -> None:
        """Steps until `time`, s. Raises RangeError where it lies in the past or within a step."""
        steps = time / self._schedule.step
        if round(steps) < self._step or abs(steps - round(steps)) > 1e-6:
            raise RangeError(
                f"time must be a whole number of steps of {self._schedule.step:g} s from {self.get_current_time():g} s "
                f"on, got {time:g}"
            )
        while self._step < round(steps):
            self.update()

    def finalize(self) -> None:
        """Forget everything."""
        self.__dict__.clear()

    @property
    def failed(self) -> Values:
        """[column] steps so far in which a solver did not converge."""
        return self._failed.copy()

    @property
    def storage(self) -> Values:
        """[column] kg m-2 of water that is there now, with what was set since the last step."""
        return self._stored(self._soil_set())

    @property
    def added(self) -> Values:
        """[column] kg m-2 of water that setting the soil's liquid water and ice has brought so far."""
        return self._added + self.storage - self._stored(self._state)

    def _stored(self, state: Any) -> Values:
        return np.asarray(self._model.storage(state))

    def _forcing_now(self) -> Any:
        """The study's weather of the next step, [1, column] leaves."""
        import jax

        files, wanted = self._read
        day, step = divmod(self._step, self._schedule.per_day)
        if day != self._block[0]:
            from vadose.simulate.schedule import Chunk

            ((_, block),) = blocks(files, self._schedule, Chunk(day, day + 1), wanted, [])
            self._block = (day, block)
        return jax.tree.map(lambda x: np.asarray(x)[0, step : step + 1], self._block[1])

    def _fill(self) -> None:
        """Put the inputs of the next step into their arrays."""
        forcing = self._forcing_now() if self._step < self._schedule.steps else None
        for name, known in INPUTS.items():
            if known.soil:
                self._values[name][:] = np.asarray(getattr(self._state.soil, known.field)).ravel()
            elif name in self._outside:
                self._values[name][:] = self._outside[name]
            elif forcing is not None:
                self._values[name][:] = getattr(forcing, known.field)[0]

    def _soil_set(self) -> Any:
        """The state with the soil's values as they stand in the arrays."""
        import jax.numpy as jnp

        shape = (self._thickness.size, self._cells.size)
        soil = {v.field: jnp.asarray(self._values[name].reshape(shape)) for name, v in INPUTS.items() if v.soil}
        return replace(self._state, soil=replace(self._state.soil, **soil))

    def _size(self, name: str) -> int:
        return self.get_grid_size(self.get_var_grid(name))

    # Values

    def get_value_ptr(self, name: str) -> Values:
        """The array itself; it stays the same over the steps."""
        variable(name)
        return self._values[name]

    def get_value(self, name: str, dest: Values) -> Values:
        """A copy in `dest`."""
        dest[:] = self.get_value_ptr(name)
        return dest

    def get_value_at_indices(self, name: str, dest: Values, inds: Values) -> Values:
        """A copy of some points in `dest`."""
        dest[:] = self.get_value_ptr(name)[inds]
        return dest

    def set_value(self, name: str, src: Values) -> None:
        """Set an input. Raises ConfigError for an output, RangeError for values that are not finite."""
        self.set_value_at_indices(name, np.arange(self._size(name)), src)

    def set_value_at_indices(self, name: str, inds: Values, src: Values) -> None:
        """Set some points of an input; the others keep what they have for the next step."""
        known = variable(name)
        if name not in INPUTS:
            raise ConfigError(f"{name!r} is an output and cannot be set; inputs are {', '.join(INPUTS)}")
        values = np.asarray(src, dtype=float)
        if not np.all(np.isfinite(values)):
            raise RangeError(
                f"{name} must be finite in {known.units}, got {np.count_nonzero(~np.isfinite(values))} not"
            )
        self._values[name][inds] = values
        if not known.soil:
            self._outside[name] = self._values[name].copy()

    # What there is

    def get_component_name(self) -> str:
        """Name of the component."""
        return "vadose"

    def get_input_item_count(self) -> int:
        """Number of inputs."""
        return len(INPUTS)

    def get_output_item_count(self) -> int:
        """Number of outputs."""
        return len(self.get_output_var_names())

    def get_input_var_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """CSDMS names of the inputs where there are any, else "vadose__" and the package's own."""
        return tuple(INPUTS)

    def get_output_var_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """CSDMS names of the outputs where there are any, else "vadose__" and the package's own."""
        return tuple(name for name in NAMES if name not in INPUTS or INPUTS[name].soil)

    def get_var_grid(self, name: str) -> int:
        """0 for columns, 1 for layers."""
        return LAYERS if variable(name).layered else COLUMNS

    def get_var_type(self, name: str) -> str:
        """float64 for all."""
        variable(name)
        return "float64"

    def get_var_units(self, name: str) -> str:
        """Units as UDUNITS reads them."""
        return variable(name).units

    def get_var_itemsize(self, name: str) -> int:
        """Bytes of a value."""
        return self.get_value_ptr(name).itemsize

    def get_var_nbytes(self, name: str) -> int:
        """Bytes of all values."""
        return self.get_value_ptr(name).nbytes

    def get_var_location(self, name: str) -> str:
        """All values are at nodes."""
        variable(name)
        return "node"

    # Time

    def get_start_time(self) -> float:
        """0."""
        return 0.0

    def get_current_time(self) -> float:
        """Time at the end of the last step, s."""
        return self._step * self._schedule.step

    def get_end_time(self) -> float:
        """Length of the study's period, s."""
        return self._schedule.steps * self._schedule.step

    def get_time_step(self) -> float:
        """Length of a step, s."""
        return self._schedule.step

    def get_time_units(self) -> str:
        """Seconds since the start of the study's period."""
        return "s"


def _only(all_members: tuple[Member, ...]) -> Member:
    """The member of a study that has one."""
    if len(all_members) > 1:
        raise ConfigError(f"[ensemble]: a component is one member, the study has {len(all_members)}; make one each")
    return all_members[0]
