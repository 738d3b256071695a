"""Figures as files: one style, the same bytes each time."""

from __future__ import annotations

import pytest

from mgrbench.core.plotting import COLOURS, MARKERS, pictures


def figure(seen: list[tuple[float, bool]]):
    import matplotlib as mpl
    from matplotlib.figure import Figure

    seen.append((mpl.rcParams["legend.fontsize"], mpl.rcParams["axes.spines.top"]))
    drawn = Figure(layout="constrained")
    axes = drawn.add_subplot()
    axes.plot([1, 2], [3, 5], label="$a_b$ costs $5")
    axes.grid()
    drawn.legend(loc="outside lower center")
    return drawn


def test_a_figure_is_drawn_in_one_style_and_leaves_nothing_behind():
    mpl = pytest.importorskip("matplotlib")
    before = dict(mpl.rcParams)
    seen: list[tuple[float, bool]] = []
    files = pictures(lambda: figure(seen))
    assert list(files) == ["png", "svg"]
    assert files["png"].startswith(b"\x89PNG")
    assert b"<svg" in files["svg"]
    assert b"<dc:date>" not in files["svg"]
    assert set(seen) == {(7.0, False)}
    assert dict(mpl.rcParams) == before


def test_a_file_does_not_depend_on_which_others_are_made():
    """Saving a figure moves its parts, so the second file of one drawing would differ from the first."""
    pytest.importorskip("matplotlib")
    both = pictures(lambda: figure([]))
    assert pictures(lambda: figure([]), kinds=["svg"])["svg"] == both["svg"]
    assert pictures(lambda: figure([])) == both


def test_colour_and_marker_together_are_distinct_for_seventy_lines():
    looks = {(COLOURS[n % len(COLOURS)], MARKERS[n % len(MARKERS)]) for n in range(70)}
    assert len(looks) == 70
