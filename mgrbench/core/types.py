"""The nouns of mgrbench: tracks, datasets, splits, model inputs, scores, and the one error.

Everything here is frozen, and imports only the standard library and numpy, so that every other file may
import it. (The error has a file of its own, so that the command line starts without numpy.) The words are
those of the field:

* a **track** is one recording of a dataset, a **clip** is the audio of it that the dataset gives out,
* a **segment** is a piece of a clip that a model sees as one example,
* a **fold** is one way of cutting the tracks into a training, a validation and a test part,
* a **split** is a named, fixed set of folds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mgrbench.core.errors import BenchError

__all__ = [
    "Archive",
    "BenchError",
    "Dataset",
    "Examples",
    "FeatureSpec",
    "FloatArray",
    "Fold",
    "GenreModel",
    "Inputs",
    "Metadata",
    "PublishedFolds",
    "Score",
    "Split",
    "Track",
]

FloatArray = NDArray[np.float32]
"""Feature values, as models get them."""


@dataclass(frozen=True, slots=True)
class Track:
    """One recording of a dataset.

    Attributes:
        id: canonical track id, for example ``"blues.00000"``.
        genre: one of the dataset's genres.
        path: audio file relative to the data root, with ``/``; None where no audio was looked for.
        artist: ids of the credited artists joined by ``;``; None where unknown.
        album: album id; None where unknown.
        seconds: nominal length of the clip.
        replica: name of the set of exact replicas that the track belongs to, if any.
        recording: name of the set of tracks of one recording or of versions of one piece, if any.
        faults: known faults in plain words.
        checksum: MD5, SHA-1 or SHA-256 of the audio file in the dataset's usual distribution, if published.
            Its length tells which of them it is.
        anonymous: True where the artist is a number in place of a name: it tells such artists apart, but not
            whether one of them is an artist that is known by name.
    """

    id: str
    genre: str
    path: str | None = None
    artist: str | None = None
    album: str | None = None
    seconds: float | None = None
    replica: str | None = None
    recording: str | None = None
    faults: tuple[str, ...] = ()
    checksum: str | None = None
    anonymous: bool = False

    @property
    def artists(self) -> frozenset[str]:
        """The credited artist ids; empty where the artist is unknown.

        Two tracks share an artist when these sets meet, so a track of unknown artist shares none.
        """
        return frozenset(self.artist.split(";")) if self.artist else frozenset()


@dataclass(frozen=True, slots=True)
class Archive:
    """A file that holds the dataset, or a part of it, as it is published."""

    url: str
    """Its address; with ``{id}`` in it, each track has a file of its own, whose checksum is the track's."""
    checksum: str
    """``"algorithm:hexdigest"``, or empty where none was published."""
    bytes: int | None = None
    open: bool = False
    """Whether its licence lets ``mgrbench data download`` fetch it; else it is only named."""
    metadata: bool = False
    """Whether it holds what is known of the tracks, not their audio."""


@dataclass(frozen=True, slots=True)
class PublishedFolds:
    """A fold assignment that others published, kept as data so that its split file can be rewritten.

    Attributes:
        provenance: the header of the split file (``about``, ``source``, ``licence``, ``cite``, ``rules``).
        rows: track id -> (fold counted from 1, part), part one of ``train``, ``valid``, ``test``.
    """

    provenance: Mapping[str, str]
    rows: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a dataset reads at the data root, where its facts are too large to come with mgrbench.

    Attributes:
        read: data root -> the dataset with the tracks, genres and splits that the metadata there give.
        splits: names of the official splits among them (``"official"``).
    """

    read: Callable[[Path], Dataset]
    splits: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """A collection of labelled clips and all that is known of it.

    Attributes:
        name: the name it is called by, lower case.
        about: one sentence.
        genres: the genres; their order is the column order everywhere.
        sample_rate: Hz at which the clips are analysed.
        segment_seconds: length of a segment.
        segments_per_track: how many segments of a clip models see.
        licence: licence of the audio, or that none is stated.
        homepage: where the dataset is described.
        citation: what to cite.
        archives: where the audio was or is published.
        load: ``root -> tracks``; with None the tracks that are known without any audio (their
            ``path`` is None), else those of which audio lies under that folder.
        identify: file name, path or id in whatever spelling -> canonical track id, or None.
        published: fold assignments others published, by the name of their split.
        audio_suffixes: file endings that count as audio.
        metadata: where the tracks are read from, if they do not come with mgrbench.
        steps: how to get the audio, step by step, with ``{root}`` for the data root; by default made from
            the archives.
        left_out: tracks of the collection that are none of the dataset's, as those of several genres, with
            their genres joined by ``;``. An audit of lists knows their artists.
        cautions: what to know of any score on it, one sentence each, such as how many labels are wrong.
    """

    name: str
    about: str
    genres: tuple[str, ...]
    sample_rate: int
    segment_seconds: float
    segments_per_track: int
    licence: str
    homepage: str
    citation: str
    load: Callable[[Path | None], Sequence[Track]]
    identify: Callable[[str], str | None]
    archives: tuple[Archive, ...] = ()
    published: Callable[[], Mapping[str, PublishedFolds]] = field(default=dict)
    audio_suffixes: tuple[str, ...] = (".au", ".wav", ".flac", ".ogg", ".mp3")
    metadata: Metadata | None = None
    steps: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    left_out: tuple[Track, ...] = field(default=(), repr=False)

    def at(self, root: Path) -> Dataset:
        """The dataset as the metadata under ``root`` describe it; itself if its facts come with mgrbench.

        Raises:
            BenchError: if there are no metadata, with the steps to get them, or if they are damaged.
        """
        return self.metadata.read(root) if self.metadata else self

    def tracks(self, root: Path | None = None) -> Sequence[Track]:
        """The tracks: all known ones without ``root``, those with audio under ``root`` with it.

        Raises:
            BenchError: if ``root`` does not exist or holds none of the dataset's clips.
        """
        return self.load(root)


@dataclass(frozen=True, slots=True)
class Fold:
    """One way of cutting the tracks: ids of the training, validation and test part.

    ``valid`` is empty where the split fixes no validation part.
    """

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """A named, fixed set of folds, as read from a split file.

    Attributes:
        name: dataset and name, for example ``"gtzan/artist3"``.
        folds: the folds, in order; fold 1 is ``folds[0]``.
        genre: track id -> genre, for every track in the file.
        artist: track id -> artist ids joined by ``;`` (empty where unknown).
        provenance: the header of the file: about, source, licence, cite, rules, made-by.
        text: the file itself.
        sha256: checksum of the text in UTF-8.
    """

    name: str
    folds: tuple[Fold, ...]
    genre: Mapping[str, str] = field(repr=False)
    artist: Mapping[str, str] = field(repr=False)
    provenance: Mapping[str, str]
    text: str = field(repr=False)
    sha256: str

    @property
    def dataset(self) -> str:
        """The dataset's name, the part of the split's name before the slash."""
        return self.name.split("/", maxsplit=1)[0]

    @property
    def test_tracks(self) -> int:
        """Number of predictions that a complete run over all folds makes."""
        return sum(len(fold.test) for fold in self.folds)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a model may see of tracks when it predicts: features, and no labels.

    Attributes:
        ids: track ids, shape (tracks,).
        arrays: feature name -> float32 array of shape (tracks, segments, ...).
    """

    ids: tuple[str, ...]
    arrays: Mapping[str, FloatArray]

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.ids)

    def take(self, index: Sequence[int] | NDArray[np.integer[Any]]) -> Inputs:
        """The tracks at these positions, in this order."""
        positions = np.asarray(index, dtype=np.intp)
        return Inputs(
            tuple(self.ids[i] for i in positions),
            {name: array[positions] for name, array in self.arrays.items()},
        )


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled tracks to learn from.

    Attributes:
        inputs: the features, see `Inputs`.
        genre: int64, shape (tracks,): position of the genre in ``Dataset.genres``.
        artist: per track the credited artist ids joined by ``;`` (empty where unknown), or None where the
            dataset knows no artists at all. For cutting artist-disjoint inner folds.
    """

    inputs: Inputs
    genre: NDArray[np.int64]
    artist: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.inputs)

    def take(self, index: Sequence[int] | NDArray[np.integer[Any]]) -> Examples:
        """The tracks at these positions, in this order."""
        positions = np.asarray(index, dtype=np.intp)
        artist = None if self.artist is None else tuple(self.artist[i] for i in positions)
        return Examples(self.inputs.take(positions), self.genre[positions], artist)


@runtime_checkable
class GenreModel(Protocol):
    """A genre model, as the bench sees it.

    ``fit`` is called once, then ``predict_proba`` any number of times. A model that selects nothing says
    ``SELECTION = "none"`` in its module (or class) and gets ``valid=None`` and every training track;
    any other gets a validation part, which is the only thing it may choose epochs, features or
    hyper-parameters on.

    A model may also have ``history`` and ``chosen`` after fitting (one dictionary per epoch, stored as
    ``history.csv``, and what was chosen on the validation part), and ``checkpoint``: where it is an
    attribute, it is set before ``fit`` to a folder in which an unfinished training may be kept, so that an
    interrupted run goes on there. An attribute ``on_epoch`` that is None may be set before ``fit`` to a
    function, to be called after each epoch with its row of the history and the largest number of epochs as
    ``"epochs"``: this is what is shown while a model trains.

    A method ``embed(inputs)`` may give what the model knows of tracks before it decides, its high-level
    features, as float32 of shape (tracks, values): ``mgrbench plot embedding`` shows them.
    """

    def fit(self, train: Examples, valid: Examples | None) -> object:
        """Learn from the training part; choose what is to be chosen on the validation part."""
        ...

    def predict_proba(self, inputs: Inputs) -> NDArray[np.floating[Any]]:
        """Probabilities of shape (tracks, genres); each row sums to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """A value with its 95 % interval; the ends are None where no interval is defined."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """What defines the values of a computed feature; the store's fingerprint is made from it.

    Attributes:
        name: the name it is called by.
        about: one sentence.
        shape: shape of one segment's values, in the order (time, frequency) where it has both; None for an
            axis whose length depends on the segment's length.
        parameters: every number and choice that the values depend on.
        libraries: distributions whose version the values depend on.
        version: raised whenever the code changes the values.
        per_clip: True where the feature is one vector a clip (stored as a single segment).
    """

    name: str
    about: str
    shape: tuple[int | None, ...]
    parameters: Mapping[str, float | int | str | bool]
    libraries: tuple[str, ...]
    version: int = 1
    per_clip: bool = False
