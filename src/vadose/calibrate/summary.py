"""Sentences that say what a calibration found, with its numbers and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.output import count_reasons
from vadose.grid.cells import Cells

if TYPE_CHECKING:
    from vadose.calibrate.study import Study
    from vadose.calibrate.texture import Texture


def summary(study: Study, estimates: Estimates, textures: Mapping[str, Texture], cells: Cells) -> list[str]:
    """How many cells have thresholds and which; then a sentence an experiment. Means are weighted by area."""
    carbon = {e.name: e.carbon for e in study.experiments}
    made = (_texture(name, t, cells.area, carbon[name]) for name, t in textures.items())
    return [_thresholds(study, estimates, cells), *made]


def _thresholds(study: Study, estimates: Estimates, cells: Cells) -> str:
    done = estimates.done
    reasons = {k: v for k, v in count_reasons(estimates.reason).items() if k != "done"}
    main = max(reasons, key=lambda k: reasons[k]) if reasons else ""
    lost = f"; of the others most lack one by {main.replace('_', ' ')} ({reasons[main]})" if main else ""
    text = f"{np.count_nonzero(done)} of {cells.size} cells have a wilting and a critical point{lost}."
    if not done.any():
        return text
    mean = [np.average(v[done], weights=cells.area[done]) for v in (estimates.wilting_point, estimates.critical_point)]
    error = [np.nanmedian(v[done]) for v in (estimates.wilting_point_error, estimates.critical_point_error)]
    return (
        f"{text} On average they lie at {mean[0]:.3f} and {mean[1]:.3f} m3 m-3 (median standard errors {error[0]:.3f} "
        f"and {error[1]:.3f}), by the {study.drydown.method} estimator."
    )


def _texture(name: str, texture: Texture, area: np.ndarray, carbon: bool) -> str:
    done = texture.reason == 0
    if not done.any():
        return f"{name}: no cell has an optimised texture."
    weight = area[done]

    def mean(values: np.ndarray | None) -> float:
        return float("nan") if values is None else float(np.average(values[done], weights=weight))

    text = (
        f"{name}: in {np.count_nonzero(done)} cells the misfit falls from {mean(texture.misfit_baseline):.3f} to "
        f"{mean(texture.misfit):.4f} m3 m-3; sand changes by {mean(texture.sand - texture.sand_baseline):+.1f} %, clay "
        f"by {mean(texture.clay - texture.clay_baseline):+.1f} %"
    )
    if carbon and texture.organic_carbon is not None and texture.organic_carbon_baseline is not None:
        text += f", organic carbon by {mean(texture.organic_carbon - texture.organic_carbon_baseline):+.2f} %"
    stopped = np.count_nonzero(texture.at_limit[done] > 0) / np.count_nonzero(done)
    text += f"; in {stopped:.0%} of them a parameter ends on the limit of the search"
    if texture.sand_uncertainty is None or texture.clay_uncertainty is None:
        return f"{text}."
    widths = [np.nanmedian(width[done]) for width in (texture.sand_uncertainty, texture.clay_uncertainty)]
    return f"{text} (95 % half widths of one cell: median {widths[0]:.1f} and {widths[1]:.1f} %)."
