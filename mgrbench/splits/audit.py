"""The audit of a split: what of the test part is already in training.

Training means all tracks a model may learn or choose from: the training and the validation part together.
Two tracks share an artist when they share at least one credited artist id; a track of unknown artist shares
none (Sturm's GTZAN index credits several artists on some tracks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mgrbench.checks import Check
from mgrbench.registry import load_dataset
from mgrbench.splits.file import load_split
from mgrbench.types import Dataset, Fold, Split, Track

_SHOWN = 5
"""How many names a detail spells out before it says how many more there are."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A test track and the training tracks of its fold that give it away."""

    track_id: str
    fold: int
    same_artist: tuple[str, ...]
    replicas: tuple[str, ...]
    same_recording: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoldAudit:
    """One fold: the sizes of its parts and its leaks."""

    fold: int
    train: int
    valid: int
    test: int
    artist_in_train: int
    exact_replica_in_train: int
    same_recording_in_train: int
    valid_artist_in_train: int
    test_per_genre: Mapping[str, int]
    train_per_genre: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Audit:
    """What is wrong with a split, summed over its folds.

    Attributes:
        name: name of the split, or of the lists.
        dataset: name of the dataset.
        folds: one entry a fold.
        leaks: each test track that is given away, with the tracks that do it.
        checks: the findings, one per code.
    """

    name: str
    dataset: str
    folds: tuple[FoldAudit, ...]
    leaks: tuple[Leak, ...]
    checks: tuple[Check, ...] = field(default=())

    @property
    def test_tracks(self) -> int:
        """Test tracks, summed over the folds."""
        return sum(fold.test for fold in self.folds)

    @property
    def artist_in_train(self) -> int:
        """Test tracks that share an artist with a training track of their fold."""
        return sum(fold.artist_in_train for fold in self.folds)

    @property
    def exact_replica_in_train(self) -> int:
        """Test tracks of which an exact replica is in training."""
        return sum(fold.exact_replica_in_train for fold in self.folds)

    @property
    def same_recording_in_train(self) -> int:
        """Test tracks of which the same recording or a version is in training."""
        return sum(fold.same_recording_in_train for fold in self.folds)

    @property
    def leaky(self) -> bool:
        """Whether any check found a leak."""
        return any(check.status == "leak" for check in self.checks)


def audit_split(split: Split | str | Path, dataset: Dataset | str | None = None) -> Audit:
    """Audit a split with all that the dataset knows of artists, replicas and recordings.

    Args:
        split: a split, its name (``"gtzan/artist3"``), or the path of a split file.
        dataset: the dataset or its name; without it, that which the split names.

    Raises:
        BenchError: if there is no such split or dataset.
    """
    chosen = split if isinstance(split, Split) else load_split(split)
    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset or chosen.dataset)
    return audit_folds(chosen.name, chosen.folds, data)


def audit_folds(
    name: str,
    folds: Sequence[Fold],
    dataset: Dataset,
    unknown: Sequence[str] = (),
    repeated: Sequence[str] = (),
) -> Audit:
    """Audit folds of track ids.

    Args:
        name: what to call them.
        folds: the folds; tracks that the dataset doesn't have are reported, not counted.
        dataset: says which artists, replicas and recordings the tracks have.
        unknown: further names that were no track of the dataset.
        repeated: tracks that a list named more than once.
    """
    tracks = {track.id: track for track in dataset.tracks()}
    strangers = [i for fold in folds for i in (*fold.train, *fold.valid, *fold.test) if i not in tracks]
    clean = [_known(fold, tracks) for fold in folds]
    indices = [(kind, _index(tracks.values(), kind)) for kind in (_artists, _replica, _recording)]
    leaks = tuple(
        leak for number, fold in enumerate(clean, 1) for leak in _leaks(number, fold, tracks, indices)
    )
    audits = tuple(_audit_fold(number, fold, tracks, leaks) for number, fold in enumerate(clean, 1))
    audit = Audit(name, dataset.name, audits, leaks)
    checks = _checks(audit, clean, dataset, [*dict.fromkeys(strangers), *unknown], repeated)
    return Audit(name, dataset.name, audits, leaks, checks)


def _known(fold: Fold, tracks: Mapping[str, Track]) -> Fold:
    train, valid, test = (
        tuple(i for i in part if i in tracks) for part in (fold.train, fold.valid, fold.test)
    )
    return Fold(train, valid, test)


_Keys = Callable[[Track], Iterable[str]]
"""What of a track makes it give another one away."""


def _index(tracks: Iterable[Track], keys: _Keys) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for track in tracks:
        for key in keys(track):
            index.setdefault(key, []).append(track.id)
    return index


def _artists(track: Track) -> Iterable[str]:
    return track.artists


def _replica(track: Track) -> Iterable[str]:
    return [track.replica] if track.replica else []


def _recording(track: Track) -> Iterable[str]:
    return [track.recording] if track.recording else []


def _leaks(
    number: int,
    fold: Fold,
    tracks: Mapping[str, Track],
    indices: Sequence[tuple[_Keys, Mapping[str, list[str]]]],
) -> list[Leak]:
    training = {*fold.train, *fold.valid}
    leaks = []
    for test in (tracks[i] for i in fold.test):
        found = [
            tuple(sorted({i for key in keys(test) for i in index[key] if i in training}))
            for keys, index in indices
        ]
        if any(found):
            leaks.append(Leak(test.id, number, *found))
    return leaks


def _audit_fold(number: int, fold: Fold, tracks: Mapping[str, Track], leaks: Sequence[Leak]) -> FoldAudit:
    mine = [leak for leak in leaks if leak.fold == number]
    # Only a fixed validation part can share artists with training; where there is none, none need be known.
    train_artists = {artist for i in fold.train for artist in tracks[i].artists} if fold.valid else set()
    return FoldAudit(
        fold=number,
        train=len(fold.train),
        valid=len(fold.valid),
        test=len(fold.test),
        artist_in_train=sum(bool(leak.same_artist) for leak in mine),
        exact_replica_in_train=sum(bool(leak.replicas) for leak in mine),
        same_recording_in_train=sum(bool(leak.same_recording) for leak in mine),
        valid_artist_in_train=sum(bool(tracks[i].artists & train_artists) for i in fold.valid),
        test_per_genre=dict(Counter(tracks[i].genre for i in fold.test)),
        train_per_genre=dict(Counter(tracks[i].genre for i in fold.train)),
    )


def _checks(
    audit: Audit, folds: Sequence[Fold], dataset: Dataset, unknown: Sequence[str], repeated: Sequence[str]
) -> tuple[Check, ...]:
    total = audit.test_tracks
    tracks = dataset.tracks()
    used = {i for fold in folds for i in (*fold.train, *fold.valid, *fold.test)}
    missing = [track.id for track in tracks if track.id not in used]
    both = [i for fold in folds for i in _repeated_across_parts(fold)]
    valid, valid_leaks = (
        sum(getattr(fold, name) for fold in audit.folds) for name in ("valid", "valid_artist_in_train")
    )
    absent = [
        f"{genre} (fold {fold.fold})"
        for fold in audit.folds
        for genre in dataset.genres
        if not fold.train_per_genre.get(genre) or not fold.test_per_genre.get(genre)
    ]
    artists_known = any(track.artist for track in tracks)
    return (
        _counted("MGR001", audit.artist_in_train, total, "artist", known=artists_known),
        _counted(
            "MGR002",
            audit.exact_replica_in_train,
            total,
            "exact replica",
            known=any(track.replica for track in tracks),
        ),
        _counted(
            "MGR003",
            audit.same_recording_in_train,
            total,
            "same recording",
            known=any(track.recording for track in tracks),
        ),
        _listed("MGR004", unknown, f"names are no track of {dataset.name}"),
        _listed("MGR005", missing, f"of {len(tracks)} tracks are left out"),
        _listed("MGR006", list(dict.fromkeys([*repeated, *both])), "tracks are named twice", leak=bool(both)),
        _listed("MGR007", absent, "times a genre is missing from training or test"),
        Check("MGR008", "note" if valid_leaks else "ok", _of_valid(valid_leaks, valid)),
    )


def _repeated_across_parts(fold: Fold) -> list[str]:
    counts = Counter((*set(fold.train), *set(fold.valid), *set(fold.test)))
    return [track for track, count in counts.items() if count > 1]


def _of_valid(leaks: int, valid: int) -> str:
    if not valid:
        return "no validation part is fixed; it is drawn artist-disjoint from the training tracks"
    return f"{leaks} of {valid} validation tracks have their artist in training"


def _counted(code: str, count: int, total: int, what: str, *, known: bool) -> Check:
    if not known:
        return Check(code, "note", f"{what}: nothing is known of it in this dataset, so nothing was checked")
    share = count / total if total else 0.0
    return Check(code, "leak" if count else "ok", f"{what}: {count} of {total} test tracks ({share:.1%})")


def _listed(code: str, names: Sequence[str], what: str, *, leak: bool = False) -> Check:
    if not names:
        return Check(code, "ok", f"0 {what}")
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    detail = f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{more}"
    return Check(code, "leak" if leak else "note", detail)
