"""The audit of a split: what of the test part is already in training.

Training means all tracks a model may learn or choose from: the training and the validation part together.
Two tracks share an artist when they share at least one credited artist id; a track of unknown artist shares
none (Sturm's GTZAN index credits several artists on some tracks). An album in training is a leak where the
dataset knows no artists, because it is the nearest that is known of them; elsewhere it is a note.

No check says "ok" where it saw under 99 % of the names of a part: it then says how many it could not check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgrbench.core.dataset_plugin import load_dataset, named_dataset
from mgrbench.core.text import printable
from mgrbench.core.types import Dataset, Fold, Split, Track
from mgrbench.splits.claims import settled
from mgrbench.splits.findings import AudioComparison, Audit, Finding, FoldAudit, Leak, Status
from mgrbench.splits.load import load_split

_SHOWN = 5
"""How many names a detail spells out before it says how many more there are."""


ENOUGH = 0.99
"""Share of the names of each part that must be known for a check to say "ok"."""


_OF_NAMES = ("MGR001", "MGR002", "MGR003", "MGR006", "MGR007", "MGR008", "MGR009")
"""The checks that say nothing of a name that is no track."""


@dataclass(frozen=True, slots=True)
class NamesRead:
    """The names that were read of the list of one part.

    Attributes:
        names: how many it has.
        unknown: those that are no track of the dataset.
    """

    names: int
    unknown: Sequence[str]


def audit_split(split: Split | str | Path, dataset: Dataset | str | None = None) -> Audit:
    """Audit a split with all that the dataset knows of artists, replicas and recordings.

    Args:
        split: a split, its name (``"gtzan/artist3"``), or the path of a split file.
        dataset: the dataset or its name; without it, that which the split names.

    Raises:
        BenchError: if there is no such split or dataset, or if the split says of a track what the dataset
            does not.
    """
    chosen = split if isinstance(split, Split) else load_split(split)
    if dataset is None:
        dataset = named_dataset(chosen.dataset)
    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    settled(chosen, data)
    return audit_folds(chosen.name, chosen.folds, data)


def audit_folds(
    name: str,
    folds: Sequence[Fold],
    dataset: Dataset,
    read: Sequence[NamesRead] = (),
    repeated: Sequence[str] = (),
) -> Audit:
    """Audit folds of track ids.

    Args:
        name: what to call them.
        folds: the folds; tracks that the dataset doesn't have are reported, not counted.
        dataset: says which artists, replicas and recordings the tracks have. Tracks that it leaves out
            are audited in the same way, but count for no genre.
        read: the names that each list had; none where the folds are those of a split.
        repeated: tracks that a list named more than once.
    """
    tracks = {track.id: track for track in (*dataset.left_out, *dataset.tracks())}
    used = [track for fold in folds for track in (*fold.train, *fold.valid, *fold.test)]
    not_known = dict.fromkeys(track for track in used if track not in tracks)
    clean = [_known(fold, tracks) for fold in folds]
    indices = [(keys, _index(tracks.values(), keys)) for keys in _KEYS.values()]
    leaks = tuple(
        leak for number, fold in enumerate(clean, 1) for leak in _leaks(number, fold, tracks, indices)
    )
    audits = tuple(
        _audit_fold(number, fold, tracks, leaks, dataset.genres) for number, fold in enumerate(clean, 1)
    )
    known = frozenset(kind for kind, (_, index) in zip(_KEYS, indices, strict=True) if index)
    audit = Audit(name, dataset.name, audits, leaks, known=known)
    missed = [*not_known, *(name for part in read for name in part.unknown)]
    checks = _checks(audit, clean, dataset, missed, repeated)
    names = sum(part.names for part in read) or len(set(used))
    shares = [1 - len(part.unknown) / part.names for part in read if part.names]
    if min([*shares, 1 - len(not_known) / max(1, len(set(used)))]) >= ENOUGH:
        return replace(audit, checks=checks)
    # Where no validation part is fixed, MGR008 is no check.
    of_names = [code for code in _OF_NAMES if code != "MGR008" or any(fold.valid for fold in folds)]
    seen = tuple(
        _over_a_part(check, len(missed), names) if check.code in of_names else check for check in checks
    )
    return replace(audit, checks=seen, partial=True)


def _over_a_part(check: Finding, missed: int, names: int) -> Finding:
    """A check of the known names, which is no verdict on the others."""
    if check.status == "note":
        return check
    status: Status = "leak" if check.status == "leak" else "note"
    return replace(check, status=status, detail=f"{check.detail}; not checked for {missed} of {names} names")


def with_audio(audit: Audit, audio: AudioComparison) -> Audit:
    """The audit with what a comparison of the clips' audio gives, as a check of its own."""
    tracks = {(match.track_id, match.fold) for match in audio.matches}
    unnamed = [match for match in audio.matches if not match.known_as]
    pairs = [f"{match.track_id} = {match.training_id}" for match in unnamed]
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    detail = (
        f"sound: {len(tracks)} of {audit.test_tracks} test tracks sound like a training track "
        f"({audio.clips} clips compared)"
    )
    if pairs:
        detail += f"; no metadata name {len(pairs)} of the pairs: {', '.join(pairs[:_SHOWN])}{more}"
    # A note, since only listening can tell a replica from a piece that is built of the same samples.
    noted = tracks or audio.missing or audio.unreadable or audit.partial
    finding = Finding("MGR010", "note" if noted else "ok", detail)
    return replace(audit, audio=audio, checks=(*audit.checks, finding))


def _known(fold: Fold, tracks: Mapping[str, Track]) -> Fold:
    train, valid, test = (
        tuple(i for i in part if i in tracks) for part in (fold.train, fold.valid, fold.test)
    )
    return Fold(train, valid, test)


_Keys = Callable[[Track], Iterable[str]]
"""What two tracks must have in common to count as a leak."""


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


def _album(track: Track) -> Iterable[str]:
    return [track.album] if track.album else []


_KEYS: Mapping[str, _Keys] = {
    "artist": _artists, "replica": _replica, "recording": _recording, "album": _album,
}  # fmt: skip
"""In the order of the fields of `Leak`."""


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


def _audit_fold(
    number: int, fold: Fold, tracks: Mapping[str, Track], leaks: Sequence[Leak], genres: Sequence[str]
) -> FoldAudit:
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
        test_per_genre=dict(Counter(tracks[i].genre for i in fold.test if tracks[i].genre in genres)),
        train_per_genre=dict(Counter(tracks[i].genre for i in fold.train if tracks[i].genre in genres)),
        artist_in_train_same_genre=sum(
            any(_genres(tracks[i]) & _genres(tracks[leak.track_id]) for i in leak.same_artist)
            for leak in mine
        ),
        same_album_in_train=sum(bool(leak.same_album) for leak in mine),
        artist_not_comparable=_not_comparable(fold, tracks),
    )


def _genres(track: Track) -> frozenset[str]:
    """The genres of a track; several of one that the dataset leaves out."""
    return frozenset(track.genre.split(";"))


def _not_comparable(fold: Fold, tracks: Mapping[str, Track]) -> int:
    kinds = {tracks[i].anonymous for i in (*fold.train, *fold.valid) if tracks[i].artist}
    return sum(bool(kinds and tracks[i].artist and tracks[i].anonymous not in kinds) for i in fold.test)


def _checks(
    audit: Audit, folds: Sequence[Fold], dataset: Dataset, unknown: Sequence[str], repeated: Sequence[str]
) -> tuple[Finding, ...]:
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
    known = audit.known
    left_out = sum(track.id in used for track in dataset.left_out)
    named = {track.id for track in (*dataset.left_out, *tracks) if track.artist}
    nameless = sum(i not in named for fold in folds for i in fold.test)
    return (
        _of_known_artist(
            _named(
                _counted("MGR001", audit.artist_in_train, total, "artist", known="artist" in known), audit
            ),
            nameless,
            total,
        ),
        _counted("MGR002", audit.exact_replica_in_train, total, "exact replica", known="replica" in known),
        _counted(
            "MGR003", audit.same_recording_in_train, total, "same recording", known="recording" in known
        ),
        _with_left_out(
            _listed("MGR004", unknown, f"names are no track of {dataset.name}"), left_out, dataset
        ),
        _listed("MGR005", missing, f"of {len(tracks)} tracks are left out"),
        _listed("MGR006", list(dict.fromkeys([*repeated, *both])), "tracks are named twice", leak=bool(both)),
        _listed("MGR007", absent, "times a genre is missing from training or test"),
        Finding("MGR008", "note" if valid_leaks else "ok", _validation_detail(valid_leaks, valid)),
        _named(
            _counted(
                "MGR009",
                audit.same_album_in_train,
                total,
                "album",
                known="album" in known,
                leak="artist" not in known,
            ),
            audit,
        ),
    )


def _with_left_out(check: Finding, count: int, dataset: Dataset) -> Finding:
    if not count:
        return check
    detail = f"{check.detail}; {count} are tracks that {dataset.name} leaves out, audited all the same"
    return replace(check, status="note", detail=detail)


def _repeated_across_parts(fold: Fold) -> list[str]:
    counts = Counter((*set(fold.train), *set(fold.valid), *set(fold.test)))
    return [track for track, count in counts.items() if count > 1]


def _validation_detail(leaks: int, valid: int) -> str:
    if not valid:
        return "no validation part is fixed; it is drawn artist-disjoint from the training tracks"
    return f"{leaks} of {valid} validation tracks have their artist in training"


def _named(check: Finding, audit: Audit) -> Finding:
    """A check of artists or albums that also says of how many tracks it could tell nothing."""
    if not audit.artist_not_comparable:
        return check
    detail = f"{check.detail}; cannot be told of {audit.artist_not_comparable} whose artists are anonymised"
    return replace(check, status="note" if check.status == "ok" else check.status, detail=detail)


def _of_known_artist(check: Finding, nameless: int, total: int) -> Finding:
    """A check that found no shared artist, with the test tracks whose artist is unknown."""
    if check.status != "ok" or not nameless:
        return check
    status: Status = "note" if 2 * nameless > total else "ok"
    return replace(check, status=status, detail=f"{check.detail}; of {nameless} the artist is unknown")


def _counted(code: str, count: int, total: int, what: str, *, known: bool, leak: bool = True) -> Finding:
    if not known:
        return Finding(
            code, "note", f"{what}: nothing is known of it in this dataset, so nothing was checked"
        )
    share = count / total if total else 0.0
    found: Status = "leak" if leak else "note"
    return Finding(code, found if count else "ok", f"{what}: {count} of {total} test tracks ({share:.1%})")


def _listed(code: str, names: Sequence[str], what: str, *, leak: bool = False) -> Finding:
    if not names:
        return Finding(code, "ok", f"0 {what}")
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    detail = f"{len(names)} {what}: {', '.join(map(printable, names[:_SHOWN]))}{more}"
    return Finding(code, "leak" if leak else "note", detail)
