"""What an audit finds: its figures fold by fold, each leak, and the duplicates that the audio shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "note", "leak"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of a split gives.

    Attributes:
        code: its code, a key of `mgrbench.core.codes.CODES`.
        status: ``ok``, ``note`` (to be known, no leak) or ``leak`` (test information can reach training).
        detail: the finding in one sentence, with its figures.
    """

    code: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A test track and the training tracks of its fold that share its artist, recording or album."""

    track_id: str
    fold: int
    same_artist: tuple[str, ...]
    replicas: tuple[str, ...]
    same_recording: tuple[str, ...]
    same_album: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A test track and a training track of its fold whose audio fingerprints match.

    Attributes:
        track_id: the test track.
        fold: the fold, from 1.
        training_id: the training (or validation) track.
        offset: seconds; what sounds at a time of the test clip sounds so much later in the training clip.
        score: share of the landmarks that agree, of the clip that has fewer; up to 1.
        known_as: what the dataset's facts call the pair: ``"replica"``, ``"recording"``, or ``""``.
    """

    track_id: str
    fold: int
    training_id: str
    offset: float
    score: float
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class AudioComparison:
    """What a comparison of the audio of the clips gives, see `mgrbench.splits.replicas`.

    Attributes:
        clips: number of clips compared.
        missing: tracks of the split without audio.
        unreadable: clips that could not be compared, with the reason.
        matches: pairs of a test and a training clip whose fingerprints match.
    """

    clips: int
    missing: tuple[str, ...]
    unreadable: Mapping[str, str]
    matches: tuple[Match, ...]


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
    artist_in_train_same_genre: int = 0
    same_album_in_train: int = 0
    artist_not_comparable: int = 0
    """Test tracks whose artist is a number where all in training have names, or the other way round."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is wrong with a split, summed over its folds.

    Attributes:
        name: name of the split, or of the lists.
        dataset: name of the dataset.
        folds: one entry a fold.
        leaks: each test track that training tracks share something with, and which tracks these are.
        checks: the findings, one per code.
        known: what the dataset has facts of: ``"artist"``, ``"replica"``, ``"recording"``, ``"album"``.
        audio: the comparison of the clips' audio, where it was made.
        partial: whether a part's names were too few known for a verdict, see `mgrbench.splits.audit`.
    """

    name: str
    dataset: str
    folds: tuple[FoldAudit, ...]
    leaks: tuple[Leak, ...]
    checks: tuple[Finding, ...] = field(default=())
    known: frozenset[str] = frozenset()
    audio: AudioComparison | None = None
    partial: bool = False

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
    def artist_in_train_same_genre(self) -> int:
        """Test tracks that share an artist with a training track of their fold and their genre."""
        return sum(fold.artist_in_train_same_genre for fold in self.folds)

    @property
    def same_album_in_train(self) -> int:
        """Test tracks of which another track of the album is in training."""
        return sum(fold.same_album_in_train for fold in self.folds)

    @property
    def artist_not_comparable(self) -> int:
        """Test tracks of which it cannot be told whether their artist is in training (anonymised ones)."""
        return sum(fold.artist_not_comparable for fold in self.folds)

    @property
    def leaky(self) -> bool:
        """Whether any check found a leak."""
        return any(check.status == "leak" for check in self.checks)
