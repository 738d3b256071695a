"""Does a plugin keep the model contract? Tried on a few generated tracks.

The contract is `mgrbench.GenreModel`: learn from labelled tracks, then give every track probabilities that
depend on this track alone, and the same ones each time. Most checks stand for a fault that has made published
numbers wrong: labels in place of probabilities, a last batch that is dropped, normalisation over the test
batch, dropout left on, a seed that is not used.

The checks go from the simple to the subtle. A failed check that later ones rest on ends the list. A check
that could only repeat a failure is left out, so that a fault is named once.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.types import Examples, GenreModel, Inputs

GENRES = 4
SEGMENTS = 2
BATCH_SIZES = (1, 7, 33)
ROUND_SIZE = 32
"""Tracks in the usual batch: a round number, so that a dropped last batch shows in `BATCH_SIZES` only."""
TOLERANCE = 1e-5
"""Largest difference between a track's probabilities in one batch and in another: rounding, no more."""
SUM_TOLERANCE = 1e-4
"""How far a row may be from summing to 1: rounding of float32, no more."""

Build = Callable[[int, int, str], GenreModel]
Shape = tuple[int, ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found.

    Attributes:
        name: what should hold.
        ok: whether it holds.
        detail: what was seen instead, or a figure; may be empty.
        advice: True where a failure is worth a note but breaks no rule.
    """

    name: str
    ok: bool
    detail: str = ""
    advice: bool = False

    @property
    def broken(self) -> bool:
        """Whether this breaks the contract."""
        return not self.ok and not self.advice


def check_model(
    build: Build,
    selection: str = "validation",
    features: Sequence[str] = ("feature",),
    shape: Shape | Mapping[str, Shape] = (16,),
    *,
    seed: int = 0,
    device: str = "cpu",
) -> list[Check]:
    """Try a model on generated tracks of four genres that differ clearly.

    It is fitted twice, on 48 tracks of 2 segments each; with ``selection`` "validation" it gets 16 more to
    select on. It predicts 33 others in batches of several sizes.

    Args:
        build: called with the number of genres, the seed and the device; gives an unfitted model. Options
            are bound beforehand.
        selection: the plugin's ``SELECTION``, ``"none"`` or ``"validation"``.
        features: names of the features that the model gets; may be empty.
        shape: shape of one segment's values, (values,) or (time, frequency): of all features, or by name.
        seed: seed of the model; the tracks are always the same.
        device: ``"cpu"`` or ``"cuda"``.

    Returns:
        The checks that were made, in order. The contract is kept if none of them is `Check.broken`.
    """
    shapes = {name: shape[name] if isinstance(shape, Mapping) else shape for name in features}
    trial = _Trial(lambda: build(GENRES, seed, device), selection, shapes)
    trial.run()
    return trial.checks


class _Trial:
    """One model under test and what was found so far.

    The model sees copies of the arrays, so that whatever it does to them is noticed and spoils nothing.
    """

    def __init__(self, build: Callable[[], GenreModel], selection: str, shapes: Mapping[str, Shape]) -> None:
        self.checks: list[Check] = []
        self._build = build
        self._shapes = shapes
        self._train = _tracks(shapes, 12 * GENRES, SEGMENTS, seed=1)
        self._valid = _tracks(shapes, 4 * GENRES, SEGMENTS, seed=2) if selection == "validation" else None
        self._test = _tracks(shapes, max(BATCH_SIZES), SEGMENTS, seed=3)
        self._altered = ""

    def run(self) -> None:
        """Make the checks, in order."""
        model, fault = _attempt(self._build)
        if not fault and not isinstance(model, GenreModel):
            fault = f"build gives {type(model).__name__}, which lacks fit or predict_proba"
        if not self._add("builds", fault):
            return
        model, fault = self._fit()
        if not self._add("fits", fault) or model is None:
            return
        usual = self._test.inputs.take(range(ROUND_SIZE))
        proba, fault = self._predict(model, usual)
        if self._add("predicts", fault) and proba is not None and self._well_formed(proba):
            if self._add("predicts the same twice", self._differs(model, usual, proba, tolerance=0.0)):
                self._depends_on_nothing_else(model, usual, proba)
            self._segments(model)
            self._add("inputs not altered", self._altered)
            self._learns(proba)

    def _add(self, name: str, fault: str, note: str = "", *, advice: bool = False) -> bool:
        self.checks.append(Check(name, not fault, fault or note, advice))
        return not fault

    def _fit(self) -> tuple[GenreModel | None, str]:
        """A fitted model: on read-only arrays, or on writable ones if it works on these only."""
        first = ""
        for writable in (False, True):
            model, fault = _attempt(self._build)
            if model is None:
                return None, fault
            train = _handed(self._train, writable)
            valid = None if self._valid is None else _handed(self._valid, writable)
            _, fault = _attempt(model.fit, train, valid)
            if not fault:
                for before, after in ((self._train, train), (self._valid, valid)):
                    if before and after:
                        self._notice("fit", first, before.inputs, after.inputs)
                return model, ""
            first = first or fault
        return None, first

    def _predict(self, model: GenreModel, inputs: Inputs) -> tuple[NDArray[Any] | None, str]:
        """What the model predicts: for read-only arrays, or for writable ones if it takes these only."""
        first = ""
        for writable in (False, True):
            handed = _copied(inputs, writable)
            proba, fault = _attempt(_as_array, model, handed)
            if not fault:
                self._notice("predict_proba", first, inputs, handed)
                return proba, ""
            first = first or fault
        return None, first

    def _notice(self, where: str, refusal: str, before: Inputs, after: Inputs) -> None:
        """Note writing into the arrays, be it refused or (as by torch.from_numpy) behind numpy's back."""
        changed = [
            name for name in before.arrays if not np.array_equal(before.arrays[name], after.arrays[name])
        ]
        if refusal:
            self._altered = f"{where} works on writable arrays only: {refusal}"
        elif changed:
            self._altered = f"{where} changes the array of {changed[0]!r}"

    def _well_formed(self, proba: NDArray[Any]) -> bool:
        return all(self._add(name, fault) for name, fault in _faults(proba, ROUND_SIZE))

    def _differs(self, model: GenreModel, inputs: Inputs, expected: NDArray[Any], *, tolerance: float) -> str:
        """How the predictions for some tracks differ from the expected ones; empty if they do not."""
        proba, fault = self._predict(model, inputs)
        if proba is None:
            return fault
        if proba.shape != expected.shape:
            return f"shape {proba.shape}, not {expected.shape}"
        largest = float(np.max(np.abs(proba - expected), initial=0.0))
        return "" if largest <= tolerance else f"probabilities differ by up to {largest:.2g}"

    def _depends_on_nothing_else(self, model: GenreModel, usual: Inputs, proba: NDArray[Any]) -> None:
        twin, fault = self._fit()
        fault = fault if twin is None else self._differs(twin, usual, proba, tolerance=0.0)
        self._add("same seed, same predictions", fault)

        order = np.random.default_rng(4).permutation(len(usual))
        fault = self._differs(model, usual.take(order), proba[order], tolerance=TOLERANCE)
        self._add("order of tracks changes nothing", fault)

        sizes = ", ".join(map(str, BATCH_SIZES))
        batches = {f"{n} tracks": self._test.inputs.take(range(n)) for n in BATCH_SIZES}
        if self._add(f"batches of {sizes} tracks", self._first_fault(model, batches)):
            alone = (self._differs(model, usual.take([i]), proba[[i]], tolerance=TOLERANCE) for i in range(3))
            self._add("a track alone is predicted as in a batch", next(filter(None, alone), ""))

    def _segments(self, model: GenreModel) -> None:
        counts = {f"{n} segments a track": _tracks(self._shapes, 8, n, seed=5).inputs for n in (1, 5)}
        self._add("one segment a track, and many", self._first_fault(model, counts))

    def _first_fault(self, model: GenreModel, cases: Mapping[str, Inputs]) -> str:
        for case, inputs in cases.items():
            proba, fault = self._predict(model, inputs)
            if proba is not None:
                fault = next((found for _, found in _faults(proba, len(inputs)) if found), "")
            if fault:
                return f"{case}: {fault}"
        return ""

    def _learns(self, proba: NDArray[Any]) -> None:
        if not self._shapes:
            return
        accuracy = float(np.mean(proba.argmax(axis=1) == self._test.genre[:ROUND_SIZE]))
        note = f"accuracy {accuracy:.2f} on genres that are easy to tell apart, chance is {1 / GENRES:.2f}"
        self._add("better than chance", note if accuracy < 2 / GENRES else "", note, advice=True)


def _faults(proba: NDArray[Any], tracks: int) -> Iterator[tuple[str, str]]:
    """What an array of probabilities must be, each with its fault (empty: none); ask no further after one."""
    seen = f"predict_proba gives {proba.dtype} of shape {proba.shape}"
    no_numbers = proba.dtype.kind not in "fiu"
    labels = no_numbers or (proba.ndim == 1 and bool(np.all(proba == np.round(proba))))
    yield "probabilities, not labels", seen if labels else ""
    right = proba.shape == (tracks, GENRES)
    yield "shape (tracks, genres)", "" if right else f"{seen}, not ({tracks}, {GENRES})"
    lost = int(np.count_nonzero(~np.isfinite(proba)))
    yield "finite", f"{lost} of {proba.size} values are not" if lost else ""
    low, high = float(proba.min()), float(proba.max())
    inside = low >= 0.0 and high <= 1.0 + SUM_TOLERANCE
    yield "between 0 and 1", "" if inside else f"values from {low:.3g} to {high:.3g}"
    sums = proba.sum(axis=1, dtype=np.float64)
    worst = float(sums[np.argmax(np.abs(sums - 1.0))])
    yield "rows sum to 1", "" if abs(worst - 1.0) <= SUM_TOLERANCE else f"one sums to {worst:.6g}"


def _attempt(call: Callable[..., _T], *arguments: object) -> tuple[_T | None, str]:
    """The result, or the last line of what was raised.

    A plugin may raise anything, and to report it is what this file is for: so every `Exception` is caught.
    What it prints goes to stderr, since stdout holds the report.
    """
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            return call(*arguments), ""
    except (Exception, SystemExit) as error:
        return None, traceback.format_exception_only(error)[-1].strip().splitlines()[-1]


def _as_array(model: GenreModel, inputs: Inputs) -> NDArray[Any]:
    return np.asarray(model.predict_proba(inputs))


def _tracks(shapes: Mapping[str, Shape], count: int, segments: int, seed: int) -> Examples:
    """Tracks whose genre is a fixed profile over the last axis of every feature, under noise."""
    profiles, noise = np.random.default_rng(0), np.random.default_rng(seed)
    genre = np.arange(count, dtype=np.int64) % GENRES
    arrays = {}
    for name, shape in shapes.items():
        profile = 2.0 * profiles.normal(size=(GENRES, *shape[-1:]))
        between = (1,) * max(len(shape), 1)  # the segments' axis and a segment's axes but the last
        of_track = profile[genre].reshape(count, *between, *shape[-1:])
        arrays[name] = (of_track + noise.normal(size=(count, segments, *shape))).astype(np.float32)
    ids = tuple(f"set{seed}.{i:05d}" for i in range(count))
    # Three tracks an artist, each artist of one genre.
    artist = tuple(f"artist-{seed}-{g}-{i // (3 * GENRES)}" for i, g in enumerate(genre))
    return Examples(Inputs(ids, arrays), genre, artist)


def _copied(inputs: Inputs, writable: bool) -> Inputs:
    arrays = {name: array.copy() for name, array in inputs.arrays.items()}
    for array in arrays.values():
        array.setflags(write=writable)
    return Inputs(inputs.ids, arrays)


def _handed(examples: Examples, writable: bool) -> Examples:
    genre = examples.genre.copy()
    genre.setflags(write=writable)
    return Examples(_copied(examples.inputs, writable), genre, examples.artist)
