"""The picture of a cell's drydowns: what it shows, and cells that have nothing to show."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure

from vadose.calibrate.drydown.plot import plot_drydowns
from vadose.calibrate.drydown.published import Published, estimate_published
from vadose.calibrate.reason import Reason
from vadose.errors import DataError

TIME = 900
DAYS = np.datetime64("2015-01-01") + np.arange(TIME)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Two cells that dry for 15 days after each rain, with some noise and gaps; two with nothing."""
    random = np.random.default_rng(3)
    t = np.arange(TIME)
    series = np.full((TIME, 4), np.nan)
    for cell, theta_w in ((0, 0.05), (1, 0.12)):
        series[:, cell] = theta_w + 0.25 * np.exp(-(t % 15) / 6.0) + random.normal(0, 1e-4, TIME)
    series[random.random(series.shape) < 0.1] = np.nan
    series[:, 3] = 0.2
    return series


def text(figure: Figure) -> str:
    figure.savefig(BytesIO(), dpi=40)
    return figure.get_suptitle()


def test_the_figure_shows_series_year_events_and_distributions(values: np.ndarray) -> None:
    estimates, events = estimate_published(values)
    figure = plot_drydowns(values, DAYS, events, estimates, 1, title="a cell")
    whole, year, aligned, moistures, memory = figure.axes
    title = text(figure)
    kept = events.select(events.kept & (events.cell == 1))
    assert title.startswith("a cell\n") and f"{kept.size} kept" in title
    np.testing.assert_array_equal(whole.lines[0].get_ydata(), values[:, 1])
    assert len(aligned.collections[0].get_segments()) == kept.size
    curve = aligned.collections[0].get_segments()[0]
    assert curve[0, 1] == pytest.approx(kept.theta_w[0] + kept.amplitude[0])
    heights = [line.get_ydata()[0] for line in year.lines[-2:]]
    assert heights == [estimates.critical_point[1], estimates.wilting_point[1]]
    assert sum(p.get_width() for p in moistures.containers[0]) == kept.size
    assert memory.get_xscale() == "log"


def test_a_cell_alone_looks_as_it_does_among_others(values: np.ndarray) -> None:
    alone, events = estimate_published(values[:, [1]], cell_offset=1)
    together, all_events = estimate_published(values)
    one = plot_drydowns(values[:, 1], DAYS, events, alone, 1)
    assert text(one) == text(plot_drydowns(values, DAYS, all_events, together, 1))


def test_rain_hangs_from_the_top(values: np.ndarray) -> None:
    estimates, events = estimate_published(values)
    rain = np.where(np.arange(TIME) % 15 == 0, 20.0, 0.0)
    figure = plot_drydowns(values, DAYS, events, estimates, 0, rain=rain)
    text(figure)
    hanging = [ax for ax in figure.axes if ax.get_ylabel().startswith("rain")]
    assert len(hanging) == 2 and all(ax.get_ylim()[0] > ax.get_ylim()[1] == 0 for ax in hanging)


@pytest.mark.parametrize(("cell", "reason"), [(2, Reason.NO_DATA), (3, Reason.CONSTANT)])
def test_a_cell_without_events_is_drawn_with_its_reason(values: np.ndarray, cell: int, reason: Reason) -> None:
    estimates, events = estimate_published(values)
    title = text(plot_drydowns(values, DAYS, events, estimates, cell))
    assert reason.meaning.replace("_", " ") in title and "0 kept" in title


@pytest.mark.parametrize("length", [3, 20, 365, 366, 367])
def test_short_series_are_drawn(values: np.ndarray, length: int) -> None:
    estimates, events = estimate_published(values[:length], Published(minimum_r2=0.0))
    assert text(plot_drydowns(values[:length], DAYS[:length], events, estimates, 0))


def test_what_does_not_belong_together_is_refused(values: np.ndarray) -> None:
    estimates, events = estimate_published(values)
    with pytest.raises(DataError, match="`values`"):
        plot_drydowns(values[:-1], DAYS, events, estimates, 0)
    with pytest.raises(DataError, match="cell 9"):
        plot_drydowns(values, DAYS, events, estimates, 9)
    with pytest.raises(DataError, match="`estimates`"):
        plot_drydowns(values[:, 0], DAYS, events, estimates, 9)
    with pytest.raises(DataError, match="`rain`"):
        plot_drydowns(values, DAYS, events, estimates, 0, rain=np.zeros(3))
    with pytest.raises(DataError, match="beyond"):
        plot_drydowns(values[:100], DAYS[:100], events, estimates, 0)
