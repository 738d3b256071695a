"""The embedded dataset: what it lists, how it is made, and that its artist effect is what it is made for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from mgrbench.core.audio import decode, load_clip
from mgrbench.core.types import BenchError
from mgrbench.datasets.collections import synth
from mgrbench.features.extractors import melstats

RATE = 22_050


@pytest.fixture
def small(monkeypatch):
    """One artist a genre with two tracks, so that making all of it takes a moment."""
    monkeypatch.setattr(synth, "ARTISTS", 1)
    monkeypatch.setattr(synth, "TRACKS", 2)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# --- what is known without audio ---


def test_the_tracks_are_known_without_audio():
    tracks = synth.DATASET.tracks()
    assert synth.DATASET.name == "synth"
    assert len(synth.DATASET.genres) >= 6
    assert len({track.id for track in tracks}) == len(tracks) == 180
    assert all(track.path is None for track in tracks)
    assert [track.id for track in tracks] == sorted(track.id for track in tracks)
    for genre in synth.DATASET.genres:
        artists = [track.artist for track in tracks if track.genre == genre]
        assert len(artists) == 30
        assert {artists.count(artist) for artist in artists} == {5}
    genre_of_artist = {(track.artist, track.genre) for track in tracks}
    assert len(genre_of_artist) == len({artist for artist, _ in genre_of_artist})


@pytest.mark.parametrize(
    "name",
    ["waltz.a03.2", "WALTZ.A03.2.WAV", "x/Waltz/waltz.a03.2.wav", "C:\\x\\waltz.a03.2.flac", " waltz.a03.2 "],
)
def test_any_spelling_finds_its_track(name):
    assert synth.DATASET.identify(name) == "waltz.a03.2"


@pytest.mark.parametrize("name", ["", "waltz", "waltz.a03", "waltz.a03.9", "polka.a03.2", "waltz.a03.2.txt"])
def test_what_is_no_track_is_not_found(name):
    assert synth.DATASET.identify(name) is None


def test_variants_have_names_of_their_own():
    assert synth.dataset().name == synth.dataset(strength=1, seed=0).name == "synth"
    names = {synth.dataset(strength=s, seed=r).name for s in (0, 0.5, 1) for r in (0, 1)}
    assert len(names) == 6
    assert synth.dataset(strength=0.5, name="half").name == "half"


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(tmp_path, strength):
    with pytest.raises(BenchError, match="not between 0 and 1"):
        synth.dataset(strength=strength)
    with pytest.raises(BenchError, match="not between 0 and 1"):
        synth.generate(tmp_path, strength=strength)


def test_a_negative_seed_is_refused():
    with pytest.raises(BenchError, match="negative"):
        synth.dataset(seed=-1)


# --- how it is made ---


def test_made_twice_is_the_same_to_the_byte(tmp_path, small):
    first = synth.generate(tmp_path / "a")
    second = synth.generate(tmp_path / "b")
    assert len(files(first)) == 13
    assert files(first) == files(second)


def test_another_process_makes_the_same_track(tmp_path):
    code = (
        "import hashlib; from mgrbench.datasets.collections import synth\n"
        "print(hashlib.sha256(synth.record(3, 2, 1, strength=0.5, seed=7).tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    synth.record(0, 0, 0, strength=1.0, seed=0)  # what was made before must not matter
    here = sha256(synth.record(3, 2, 1, strength=0.5, seed=7).tobytes()).hexdigest()
    assert done.stdout.strip() == here


def test_seed_and_strength_change_the_audio():
    made = [synth.record(0, 0, 0, strength=s, seed=r).tobytes() for s in (0.0, 1.0) for r in (0, 1)]
    assert len(set(made)) == 4


def test_tracks_makes_the_audio_once(tmp_path, small, monkeypatch):
    root = tmp_path / "not" / "there"
    tracks = synth.DATASET.tracks(root)
    assert all((root / track.path).is_file() for track in tracks)
    monkeypatch.setattr(synth, "record", None)  # a second making would fail
    assert synth.DATASET.tracks(root) == tracks


def test_an_interrupted_generation_is_not_taken_for_complete(tmp_path, small, monkeypatch):
    whole = files(synth.generate(tmp_path / "whole"))
    write, written = synth.write_atomically, []

    def stop_after_three(path, data):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(path)
        write(path, data)

    monkeypatch.setattr(synth, "write_atomically", stop_after_three)
    with pytest.raises(KeyboardInterrupt):
        synth.generate(tmp_path / "cut")
    assert not list((tmp_path / "cut").rglob("synth.json"))
    monkeypatch.undo()
    monkeypatch.setattr(synth, "ARTISTS", 1)
    monkeypatch.setattr(synth, "TRACKS", 2)
    assert files(synth.generate(tmp_path / "cut")) == whole


@pytest.mark.parametrize("harm", ["deleted", "cut", "marker of another seed", "marker not text"])
def test_a_damaged_folder_is_made_again(tmp_path, small, harm):
    folder = synth.generate(tmp_path)
    before = files(folder)
    clip, marker = folder / "waltz" / "waltz.a01.1.wav", folder / "synth.json"
    if harm == "deleted":
        clip.unlink()
    elif harm == "cut":
        clip.write_bytes(clip.read_bytes()[:1000])
    elif harm == "marker not text":
        marker.write_bytes(b"\xff\xfe\x00")
    else:
        marker.write_text(json.dumps({**json.loads(marker.read_text()), "seed": 1}))
    assert files(synth.generate(tmp_path)) == before


def test_variants_live_side_by_side(tmp_path, small):
    folders = [synth.generate(tmp_path, strength=s, seed=r) for s in (0, 1) for r in (0, 1)]
    assert len(set(folders)) == 4
    assert synth.generate(tmp_path, strength=1) == synth.generate(tmp_path, strength=1.0)


def test_a_root_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "root").write_text("x")
    with pytest.raises(BenchError, match="cannot be written"):
        synth.DATASET.tracks(tmp_path / "root")


# --- what it is made for ---


@dataclass(frozen=True)
class Made:
    root: Path
    tracks: list
    features: np.ndarray  # (tracks, 168)
    genre: np.ndarray
    artist: np.ndarray


@pytest.fixture(scope="module")
def made(synth_audio, tmp_path_factory):
    """Audio and features at strength 1 and 0."""
    variants = {}
    for strength, root in ((1.0, synth_audio), (0.0, tmp_path_factory.mktemp("synth"))):
        dataset = synth.dataset(strength=strength)
        tracks = dataset.tracks(root)
        values = melstats.extract([load_clip(dataset, root, track) for track in tracks])
        genre = np.array([track.genre for track in tracks])
        artist = np.array([track.artist for track in tracks])
        variants[strength] = Made(root, tracks, values.mean(axis=1), genre, artist)
    return variants


def test_the_clips_are_sound_recordings(made):
    for track in made[1.0].tracks:
        samples, rate = decode(made[1.0].root / track.path)
        assert (rate, len(samples)) == (RATE, 5 * RATE)
        assert 0.08 < np.sqrt(np.mean(samples**2)) < 0.11
        assert np.abs(samples).max() < 0.99
        assert abs(samples.mean()) < 0.01


def neighbours_of_the_same_artist(made):
    """Share of tracks whose nearest neighbour within the genre is by the same artist."""
    values = (made.features - made.features.mean(0)) / made.features.std(0)
    distance = np.square(values[:, None] - values[None]).sum(-1)
    distance[made.genre[:, None] != made.genre[None]] = np.inf
    np.fill_diagonal(distance, np.inf)
    return float(np.mean(made.artist[distance.argmin(1)] == made.artist))


def test_artists_are_recognisable_at_strength_1_and_not_at_0(made):
    chance = 4 / 29  # of the 29 other tracks of the genre, 4 are by the same artist
    assert neighbours_of_the_same_artist(made[1.0]) > 0.7
    # Standard deviation of a share of 180 tracks by chance: 0.026; three of them are allowed.
    assert abs(neighbours_of_the_same_artist(made[0.0]) - chance) < 0.08


def accuracies(made, model):
    """Accuracy on random and on artist-disjoint stratified 3-fold splits, shape (fold seeds, 2).

    Three folds, since then every test part holds two of the six artists of every genre and the two kinds
    of split differ in nothing but the artists.
    """
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

    rows = []
    for seed in range(5):
        row = []
        for folds in (StratifiedKFold, StratifiedGroupKFold):
            cut = folds(3, shuffle=True, random_state=seed)
            parts = list(
                cut.split(made.features, made.genre, made.artist if folds is StratifiedGroupKFold else None)
            )
            predicted = cross_val_predict(clone(model), made.features, made.genre, cv=parts)
            row.append(np.mean(predicted == made.genre))
        rows.append(row)
    return np.array(rows)


@pytest.fixture(scope="module")
def scores(made):
    """Classifier -> strength -> mean accuracy on random and on artist-disjoint splits."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from threadpoolctl import threadpool_limits

    models = {
        "k-nearest neighbours": KNeighborsClassifier(3),
        "logistic regression": LogisticRegression(C=0.1, max_iter=2000),
        "RBF SVM": SVC(C=10),
    }
    with threadpool_limits(1):  # on arrays this small, threads only wait for each other
        return {
            name: {s: accuracies(made[s], make_pipeline(StandardScaler(), model)).mean(0) for s in (1.0, 0.0)}
            for name, model in models.items()
        }


MODELS = ["k-nearest neighbours", "logistic regression", "RBF SVM"]


@pytest.mark.parametrize("name", MODELS)
def test_at_strength_1_a_random_split_scores_clearly_higher(scores, name):
    random, disjoint = scores[name][1.0]
    assert 0.82 < random < 0.99
    assert 0.55 < disjoint < 0.82
    assert random - disjoint > 0.12


@pytest.mark.parametrize("name", MODELS)
def test_at_strength_0_it_scores_no_differently(scores, name):
    # At strength 0 the artists of a genre are exchangeable, so both are random splits of one kind. The
    # predictions of two such splits disagree on at most a fifth of the 180 tracks: standard deviation of
    # the difference sqrt(0.2 / 180) = 0.033 for one pair of splits. Five pairs are averaged, but they share
    # tracks and artists, so only a third of the variance is taken to average out: 0.027; two are allowed.
    random, disjoint = scores[name][0.0]
    assert abs(random - disjoint) < 0.054
    assert random > 0.6
