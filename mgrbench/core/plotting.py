"""What all figures share: widths, lettering, colours, and how a figure becomes a file.

matplotlib is an extra: it is imported when something is drawn, and used without pyplot, so that nothing
global changes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mgrbench.core.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_COLUMN, TWO_COLUMNS = 3.5, 7.16
"""Widths in inches of a figure in one and across two columns (IEEE)."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Those of Okabe and Ito (2008) that are legible on white: distinct in every kind of colour vision."""

MARKERS = "osD^vPX<>*"
"""A marker beside each colour, so that a figure survives a grey print."""

STYLE: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "figure.titlesize": 9,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 0.8,
    "lines.markersize": 4,
    "svg.hashsalt": "mgrbench",
    "text.parse_math": False,
}
"""Lettering and lines of every figure; a dollar sign is a dollar sign, since names come from users."""

DPI = 300


def need_matplotlib() -> None:
    """Say how to get matplotlib where it is not installed, before anything is computed.

    Raises:
        MissingExtraError: if it is not.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        hint = "pip install 'mgrbench[plots]'"
        raise MissingExtraError(
            f"drawing needs matplotlib, which cannot be imported ({error})", hint
        ) from error


def pictures(draw: Callable[[], Figure], kinds: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """Files of a figure by their endings; the same figure gives the same bytes.

    Args:
        draw: draws it, in the style of all figures; once a file, since saving a figure moves its parts.
        kinds: endings of the files, of ``png`` (300 dpi) and ``svg``.

    Raises:
        MissingExtraError: if matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib import style

    files = {}
    with style.context(["default", STYLE]):
        for kind in kinds:
            stream = io.BytesIO()
            without_date = {"Date": None} if kind == "svg" else None
            draw().savefig(stream, format=kind, dpi=DPI, metadata=without_date)
            files[kind] = stream.getvalue()
    return files
