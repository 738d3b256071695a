"""The artist ladder: what its rungs are made of, and that what it finds is what was put in.

Features follow the rule of the embedded dataset: a track's colour is strength · artist's +
√(1 − strength²) · its own, so at strength 0 nothing is to be gained from an artist. The model is the nearest
neighbour, which remembers.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import os
import signal
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.errors import BenchError, MissingExtraError
from mgrbench.core.types import Track
from mgrbench.experiments.ladder.files import document as ladder_document
from mgrbench.experiments.ladder.files import read_ladder
from mgrbench.experiments.ladder.ladder import LadderRequest, run_ladder
from mgrbench.experiments.ladder.plot import ladder_pictures
from mgrbench.experiments.verdicts import Verdicts, artist_overlap, drop
from mgrbench.features.importing import import_features
from mgrbench.metrics.bootstrap import bootstrap_difference, bootstrap_share, paired_bootstrap
from mgrbench.splits import audit_split, read_split
from tests.support.helpers import REPOSITORY, cli, done, refused, start, wait_for, write_plugin

DATASET = '''
"""Three genres of eight artists, with replicas, a version and faults."""
from dataclasses import replace
from mgrbench import Dataset, Track

GENRES = ("a", "b", "c")

def tracks():
    for genre in GENRES:
        for artist in range(8):
            for number in range(5):
                yield Track(f"{genre}.{artist}.{number}", genre, artist=f"{genre}{artist}")

def faulty(track):
    facts = {
        "a.1.0": {"replica": "R1", "recording": "S1", "faults": ("exact replica of a.2.0",)},
        "a.2.0": {"replica": "R1", "recording": "S1", "faults": ("exact replica of a.1.0", "hums")},
        "b.3.3": {"recording": "S2", "faults": ("a version of b.3.4",)},
        "b.3.4": {"recording": "S2", "faults": ("a version of b.3.3",)},
        "c.0.0": {"faults": ("severely distorted",)},
        "c.7.4": {"artist": None},
    }
    return replace(track, **facts.get(track.id, {}))

TRACKS = tuple(map(faulty, tracks()))
DATASET = Dataset(
    name="toys", about="", genres=GENRES, sample_rate=22050, segment_seconds=1.0, segments_per_track=3,
    licence="", homepage="", citation="", load=lambda root: TRACKS,
    identify=lambda name: name if name in {track.id for track in TRACKS} else None,
)
'''
NEAREST = '''
"""The genre of the nearest training segment."""

from pathlib import Path

import numpy as np

SELECTION = "none"
STOCHASTIC = False
HERE = Path(__file__).parent


class Nearest:
    def __init__(self, n_genres):
        self.n_genres = n_genres

    def rows(self, inputs):
        (array,) = inputs.arrays.values()
        return array.reshape(len(array), array.shape[1], -1)

    def fit(self, train, valid):
        self.known = self.rows(train.inputs)
        self.genre = np.repeat(train.genre, self.known.shape[1])
        self.known = self.known.reshape(len(self.genre), -1)

    def predict_proba(self, inputs):
        rows = self.rows(inputs)
        flat = rows.reshape(-1, rows.shape[2])
        away = ((flat[:, None] - self.known) ** 2).sum(axis=2)
        votes = np.eye(self.n_genres)[self.genre[away.argmin(axis=1)]]
        return votes.reshape(*rows.shape[:2], -1).mean(axis=1)


def build(n_genres, seed, device):
    return Nearest(n_genres)
'''
HOLDING = NEAREST.replace(
    "    def fit(self, train, valid):\n",
    """    def fit(self, train, valid):
        import time
        with (HERE / "log").open("a") as log:
            log.write(train.inputs.ids[0] + "\\n")
        while (HERE / "hold").exists() and len((HERE / "log").read_text().splitlines()) >= 6:
            time.sleep(0.01)
""",
)
LADDER = ("ladder", "-m", "./nearest.py", "-d", "./toys.py", "-f", "colour", "--folds", "4")


def colours(tracks, strength, segments=1, size=10, signal_size=1.0, seed=0):
    """Float32 (tracks, segments, size): genre, colour, and a little noise a segment."""
    rng = np.random.default_rng(seed)
    names = sorted({track.artist or track.id for track in tracks})
    of_artist = dict(zip(names, rng.normal(size=(len(names), size)), strict=True))
    of_genre = {genre: rng.normal(size=size) for genre in sorted({track.genre for track in tracks})}
    own = rng.normal(size=(len(tracks), size))
    rows = [
        signal_size * of_genre[track.genre]
        + strength * of_artist[track.artist or track.id]
        + math.sqrt(1 - strength**2) * own[position]
        for position, track in enumerate(tracks)
    ]
    noise = 0.1 * rng.normal(size=(len(tracks), segments, size))
    return (np.array(rows)[:, None] + noise).astype(np.float32)


def store(data, name, values, folder):
    tracks = data.tracks()
    np.savez(folder / "values.npz", ids=np.array([track.id for track in tracks]), x=values)
    import_features(data, name, folder / "values.npz", "x", segmented=True)


@pytest.fixture(scope="module")
def climbed(tmp_path_factory):
    """A folder with a ladder of the toys on all five rungs, two seeds."""
    folder = tmp_path_factory.mktemp("ladder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MGRBENCH_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        write_plugin(folder / "toys.py", DATASET)
        write_plugin(folder / "nearest.py", NEAREST)
        data = load_dataset("./toys.py")
        store(data, "colour", colours(data.tracks(), 0.9, segments=3), folder)
        result = done(*LADDER, "-m", "majority", "--seeds", "2", "--out", "out", "--json")
    return folder, result.document


@pytest.fixture
def place(climbed, monkeypatch):
    """Work in that folder; it must not be changed."""
    monkeypatch.chdir(climbed[0])
    monkeypatch.setenv("MGRBENCH_CACHE", str(climbed[0] / "cache"))
    return climbed[0]


def splits(folder):
    """(rung, seed) -> the split of every rung's runs."""
    found = {}
    for file in sorted((folder / "out").glob("*/*/*/nearest/*/split.tsv")):
        rung, seed = file.parts[-4].removeprefix("ladder-").split("-seed")
        found[rung, int(seed)] = read_split(file)
    return found


def predictions(folder, rung, seed, model="nearest"):
    (file,) = (folder / "out").glob(f"*/*/ladder-{rung}-seed{seed}/{model}/*/predictions.csv")
    return list(csv.DictReader(file.open()))


def steps(document, model="nearest"):
    return {step["rung"]: step for step in document["steps"] if step["model"] == model}


# The rungs


def test_all_rungs_are_run_and_what_they_remove_is_what_is_known(climbed):
    _, document = climbed
    assert [rung["name"] for rung in document["rungs"]] == [
        "segments", "clips", "replicas", "faults", "artists",
    ]  # fmt: skip
    assert [rung["left_out"] for rung in document["rungs"]] == [None] * 5
    # a.2.0 and b.3.4 are surplus; only c.0.0 has a fault of its own that is left
    assert [rung["tracks"] for rung in document["rungs"]] == [120, 120, 118, 117, 117]
    assert document["rungs"][4]["note"] == "1 track of unknown artist: each counts as an artist of its own"


def test_every_fold_of_every_rung_trains_on_equally_many_of_each_genre(climbed):
    folder, document = climbed
    found = splits(folder)
    assert len(found) == 10
    for (rung, _), split in found.items():
        each = 3 if rung == "segments" else 1
        assert len(split.folds) == 4
        for fold in split.folds:
            counts = Counter(split.genre[i] for i in (*fold.train, *fold.valid))
            assert counts == {genre: each * n for genre, n in document["training_per_genre"].items()}
    # … which is as many as the poorest fold has
    sizes = [
        len([i for i in split.genre if split.genre[i] == genre and i not in fold.test])
        for (rung, _), split in found.items()
        if rung != "segments"
        for fold in split.folds
        for genre in "abc"
    ]
    assert min(document["training_per_genre"].values()) == min(sizes)
    for file in (folder / "out").glob("*/*/*/*/*/run.json"):
        folds = json.loads(file.read_text())["folds"]
        assert len({fold["n_train"] + fold["n_valid"] for fold in folds}) == 1


def test_every_rung_tests_each_of_its_tracks_once_a_seed(climbed):
    folder, document = climbed
    for (rung, _), split in splits(folder).items():
        tested = Counter(i for fold in split.folds for i in fold.test)
        tracks = next(one["tracks"] for one in document["rungs"] if one["name"] == rung)
        assert set(tested.values()) == {1}
        assert len(tested) == tracks * (3 if rung == "segments" else 1)


def test_rungs_are_as_leaky_as_they_say(climbed, place):
    _, document = climbed
    data = load_dataset("./toys.py")
    for (rung, _), split in splits(place).items():
        if rung == "segments":
            continue
        audit = audit_split(split, data)
        assert (audit.artist_in_train == 0) == (rung == "artists")
        if rung != "clips":
            assert audit.exact_replica_in_train == audit.same_recording_in_train == 0
    for rung in document["rungs"]:
        assert (rung["artist_in_training"] == 0) == (rung["name"] == "artists")


def test_neighbouring_rungs_deal_the_same_tracks_to_the_same_folds(climbed):
    found = splits(climbed[0])
    for seed in (0, 1):
        dealt = [
            {i: number for number, fold in enumerate(found[rung, seed].folds) for i in fold.test}
            for rung in ("clips", "replicas", "faults")
        ]
        for below, above in pairwise(dealt):
            assert above.items() < below.items()
    assert found["clips", 0].folds != found["clips", 1].folds
    assert found["artists", 0].folds != found["artists", 1].folds


def test_segments_of_a_clip_are_on_both_sides_and_never_in_training_and_validation(climbed, place):
    split = splits(place)["segments", 0]
    fold = split.folds[0]
    clips = [{i.rpartition("#")[0] for i in part} for part in (fold.train, fold.test)]
    assert clips[0] & clips[1]


# What is found


def test_accuracies_drops_and_groups_are_what_the_predictions_give(climbed):
    folder, document = climbed
    right = defaultdict(list)  # rung -> per seed: track -> right
    for rung in ("segments", "clips", "replicas", "faults", "artists"):
        for seed in (0, 1):
            sums, truth = defaultdict(lambda: np.zeros(3)), {}
            for row in predictions(folder, rung, seed):
                clip = row["track_id"].partition("#")[0]
                sums[clip] += [float(row[f"p_{genre}"]) for genre in "abc"]
                truth[clip] = row["genre"]
            right[rung].append({i: "abc"[int(p.argmax())] == truth[i] for i, p in sums.items()})
    found, below = steps(document), None
    for rung, seeds in right.items():
        assert found[rung]["per_seed"] == pytest.approx([np.mean(list(one.values())) for one in seeds])
        assert found[rung]["accuracy"]["value"] == pytest.approx(np.mean(found[rung]["per_seed"]))
        if below:
            lost = [one[i] - other[i] for one, other in zip(below, seeds, strict=True) for i in other]
            assert found[rung]["drop"]["value"]["value"] == pytest.approx(np.mean(lost))
            assert found[rung]["drop"]["tracks"] == len(seeds[0])
        below = seeds
    single = [row["genre"] == row["predicted"] for s in (0, 1) for row in predictions(folder, "segments", s)]
    assert found["segments"]["per_segment"] == pytest.approx(np.mean(single))


def test_whose_artist_is_met_is_what_the_split_says(climbed):
    folder, document = climbed
    groups = {True: [], False: []}
    for seed in (0, 1):
        split = splits(folder)["clips", seed]
        said = {
            row["track_id"]: row["genre"] == row["predicted"] for row in predictions(folder, "clips", seed)
        }
        for fold in split.folds:
            trained = {split.artist[i] for i in fold.train} - {""}
            for i in fold.test:
                if split.artist[i]:
                    groups[split.artist[i] in trained].append(said[i])
    inside = steps(document)["clips"]["inside"]
    assert (inside["n_known"], inside["n_strange"]) == (len(groups[True]), len(groups[False]))
    assert inside["n_unknown"] == 2
    assert inside["known"]["value"] == pytest.approx(np.mean(groups[True]))
    if groups[False]:
        assert inside["strange"]["value"] == pytest.approx(np.mean(groups[False]))


def synth_ladder(tmp_path, monkeypatch, strength):
    monkeypatch.chdir(tmp_path)
    write_plugin(tmp_path / "nearest.py", NEAREST)
    data = load_dataset("synth")
    store(data, "colour", colours(data.tracks(), strength, segments=2, signal_size=0.5), tmp_path)
    run = ("ladder", "-m", "./nearest.py", "-d", "synth", "-f", "colour", "--folds", "3", "--seeds", "2")
    return done(*run, "--out", "out", "--json").document


def test_who_remembers_artists_falls_from_rung_to_rung(tmp_path, monkeypatch):
    document = synth_ladder(tmp_path, monkeypatch, 0.8)
    found = steps(document)
    assert list(found) == ["segments", "clips", "artists"]
    for rung in ("clips", "artists"):
        assert found[rung]["drop"]["value"]["low"] > 0
    reasons = {rung["name"]: rung["left_out"] for rung in document["rungs"]}
    assert reasons["replicas"] == reasons["faults"] == "none is known of this dataset"


def test_where_artists_sound_like_any_other_nothing_is_lost(tmp_path, monkeypatch):
    found = steps(synth_ladder(tmp_path, monkeypatch, 0.0))
    lost = found["artists"]["drop"]["value"]
    assert lost["low"] <= 0 <= lost["high"]
    assert found["clips"]["drop"]["value"]["low"] > 0  # but clips are still recognised by their segments


# Files, again and again


def test_csv_has_every_step_and_the_two_groups(climbed):
    folder, document = climbed
    rows = list(csv.DictReader((folder / "out" / "ladder.csv").open()))
    whole = [row for row in rows if row["part"] == "all"]
    assert [(row["model"], row["rung"]) for row in whole] == [
        (step["model"], step["rung"]) for step in document["steps"]
    ]
    for row, step in zip(whole, document["steps"], strict=True):
        assert float(row["accuracy"]) == pytest.approx(step["accuracy"]["value"], abs=1e-6)
        assert float(row["std_seeds"]) == pytest.approx(np.std(step["per_seed"]), abs=1e-6)
    assert len(rows) == len(whole) + 2 * len(document["models"])


def test_a_single_seed_has_no_spread(place, tmp_path):
    done(*LADDER, "-m", "majority", "--seeds", "1", "--out", tmp_path / "one")
    rows = list(csv.DictReader((tmp_path / "one" / "ladder.csv").open()))
    assert {row["std_seeds"] for row in rows} == {""}


def test_json_on_stdout_is_the_file_and_where_it_lies(climbed):
    folder, document = climbed
    assert json.loads((folder / "out" / "ladder.json").read_text()) | {"folder": "out"} == document


def test_the_same_command_computes_nothing_twice_and_gives_the_same_files(climbed, place):
    files = {file: file.read_bytes() for file in sorted((place / "out").rglob("*")) if file.is_file()}
    stamps = {file: file.stat().st_mtime_ns for file in files if file.name in {"run.json", "predictions.csv"}}
    done(*LADDER, "-m", "majority", "--seeds", "2", "--out", "out")
    assert {file: file.read_bytes() for file in sorted((place / "out").rglob("*")) if file.is_file()} == files
    assert {file: file.stat().st_mtime_ns for file in stamps} == stamps


def test_a_killed_ladder_goes_on_where_it_was_and_ends_as_one_that_was_not(
    climbed, place, tmp_path, monkeypatch
):
    write_plugin(tmp_path / "nearest.py", HOLDING)
    write_plugin(tmp_path / "toys.py", DATASET)
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"
    (tmp_path / "hold").touch()
    command = (*LADDER[:-1], "2", "--seeds", "1", "--out", "out")
    process = start(*command, cwd=tmp_path)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 6, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (tmp_path / "hold").unlink()
    done(*command)
    assert len(log.read_text().splitlines()) == 5 * 2 + 1  # the fold it was killed at, once more
    assert not list((tmp_path / "out").glob(".seg*"))
    done(*command[:-1], "whole")
    for name in ("ladder.csv", "ladder.svg"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_plots_are_a_png_of_300_dpi_and_an_svg_with_letters(climbed):
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image").open(
        io.BytesIO((climbed[0] / "out" / "ladder.png").read_bytes())
    )
    assert image.width == pytest.approx(3.5 * 300, abs=2)
    svg = (climbed[0] / "out" / "ladder.svg").read_text()
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "<dc:date>" not in svg


def test_a_ladder_reads_back_from_its_file(climbed):
    folder, document = climbed[0], copy.deepcopy(climbed[1])
    stored = read_ladder(folder / "out")
    again = ladder_document(stored) | {"folder": "out"}
    for rung in (*again["rungs"], *document["rungs"]):
        rung.pop("tracks", None)  # not stored
    assert json.loads(json.dumps(again)) == document
    assert read_ladder(folder / "out" / "ladder.json") == stored


@pytest.mark.parametrize("changed", ["[]", "{}", "no JSON", '{"dataset": "toys", "models": 3}'])
def test_a_damaged_ladder_is_refused(tmp_path, changed):
    (tmp_path / "ladder.json").write_text(changed)
    with pytest.raises(BenchError, match="is no stored ladder"):
        read_ladder(tmp_path)


COMMITTED = sorted((REPOSITORY / "leaderboards" / "ladders").glob("*/*"))


@pytest.mark.parametrize("ladder", COMMITTED, ids=lambda place: f"{place.parent.name}/{place.name}")
def test_committed_ladders_are_drawn_again_to_the_byte(ladder):
    matplotlib = pytest.importorskip("matplotlib")
    if f"matplotlib=={matplotlib.__version__}" not in (REPOSITORY / "constraints.txt").read_text().split():
        pytest.skip("they were drawn with another version of matplotlib")
    for ending, content in ladder_pictures(read_ladder(ladder)).items():
        assert content == (ladder / f"ladder.{ending}").read_bytes()


def test_without_matplotlib_all_but_the_plot_is_there(climbed, place, tmp_path, monkeypatch):
    from mgrbench.experiments.ladder import files as ladder_files

    def none(*_):
        raise MissingExtraError("drawing needs matplotlib, which cannot be imported (no)", "install it")

    monkeypatch.setattr(ladder_files, "ladder_pictures", none)
    result = done(*LADDER, "--seeds", "1", "--out", tmp_path / "plain")
    assert "no plot was drawn: drawing needs matplotlib" in result.err
    assert sorted(file.name for file in (tmp_path / "plain").glob("ladder.*")) == [
        "ladder.csv",
        "ladder.json",
    ]


def test_a_plot_that_fails_for_another_reason_is_an_error(climbed, place, tmp_path, monkeypatch):
    from mgrbench.experiments.ladder import files as ladder_files

    def damaged(*_):
        raise BenchError("the font of matplotlib is damaged", "install it again")

    monkeypatch.setattr(ladder_files, "ladder_pictures", damaged)
    assert "the font of matplotlib is damaged" in refused(*LADDER, "--seeds", "1", "--out", tmp_path / "x")


def test_the_table_fits_a_terminal(climbed, place, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = done(*LADDER, "-m", "majority", "--seeds", "2", "--out", "out").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("artists disjoint") for line in lines) == 3  # two models and the note


def test_features_with_one_segment_leave_the_segments_out(climbed, place, tmp_path):
    data = load_dataset("./toys.py")
    values = colours(data.tracks(), 0.9)
    np.savez(tmp_path / "one.npz", ids=np.array([track.id for track in data.tracks()]), x=values[:, 0])
    import_features(data, "one", tmp_path / "one.npz", "x")
    run = ("ladder", "-m", "majority", "-d", "./toys.py", "-f", "one", "--folds", "2", "--seeds", "1")
    rungs = done(*run, "--out", tmp_path / "out", "--json").document["rungs"]
    assert rungs[0]["left_out"] == "the features have one segment a track, or not equally many"


def test_too_many_folds_for_the_artists_leave_the_last_rung_out(climbed, place, tmp_path):
    run = ("ladder", "-m", "majority", "-d", "./toys.py", "-f", "colour", "--folds", "10", "--seeds", "1")
    rungs = done(*run, "--out", tmp_path / "out", "--json").document["rungs"]
    assert rungs[-1]["left_out"] == "a has 8 artists for 10 folds: choose 8 folds"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--folds", "1"), "1 folds"),
        (("--seeds", "0"), "--seeds is 0"),
        (("--seed", "1", "--seed", "1"), "a seed is given twice"),
        (("--seed", "-1"), "the seeds are -1"),
        (("--seed", "1", "--seeds", "2"), "--seed and --seeds are both given"),
        (("-m", "majorit"), "did you mean majority?"),
        (("-m", "./nearest.py"), "two models are called 'nearest'"),
        (("-f", "colours"), "the feature 'colours' of toys is not in the store"),
        (("--folds", "50"), "50 folds"),
        (("-o", "depth=3"), "depth"),
        (("-o", "depth"), "the option 'depth' has no value"),
    ],
)
def test_bad_input_is_answered_in_one_line_and_nothing_is_left(place, tmp_path, changed, said):
    out = tmp_path / "out"
    rest = LADDER[:-2] if "--folds" in changed else LADDER
    assert said in refused(*rest, *changed, "--out", out)
    assert not out.exists()


def test_lacking_tracks_are_refused_or_left_out_and_told(place, tmp_path):
    data = load_dataset("./toys.py")
    tracks = data.tracks()[3:]
    np.savez(tmp_path / "few.npz", ids=np.array([track.id for track in tracks]), x=colours(tracks, 0.5)[:, 0])
    import_features(data, "few", tmp_path / "few.npz", "x")
    run = ("ladder", "-m", "majority", "-d", "./toys.py", "-f", "few", "--folds", "2", "--seeds", "1")
    assert "few lacks 3 of 120 tracks of toys" in refused(*run, "--out", tmp_path / "out")
    document = done(*run, "--out", tmp_path / "out", "--allow-missing", "--json").document
    assert document["missing_tracks"] == 3
    assert document["rungs"][1]["tracks"] == 117


def test_selection_on_test_is_marked(place, tmp_path):
    write_plugin(tmp_path / "choosy.py", NEAREST.replace('SELECTION = "none"', 'SELECTION = "validation"'))
    run = ("ladder", "-m", tmp_path / "choosy.py", "-d", "./toys.py", "-f", "colour", "--folds", "2")
    document = done(
        *run, "-o", "selection=test", "--out", tmp_path / "out", "--json", "--seeds", "1"
    ).document
    assert "MGR101" in {warning["code"] for warning in document["warnings"]}


# Figures


def verdicts(right, artists):
    tracks = tuple(Track(str(i), "a", artist=artist) for i, artist in enumerate(artists))
    return Verdicts(tracks, np.array(right))


def test_a_drop_is_taken_over_the_tracks_that_both_test():
    first = verdicts([[1, 1, 0, 1]], ["x", "x", "y", "z"])
    second = verdicts([[0, 0]], ["x", "x"])
    lost = drop(first, second)
    assert (lost.value.value, lost.tracks) == (1.0, 2)


def test_an_empty_group_has_no_figures_and_no_difference():
    inside = artist_overlap(verdicts([[1, 0]], ["x", "y"]), np.array([[True, True]]))
    assert (inside.known.value, inside.strange, inside.difference) == (0.5, None, None)
    assert (inside.n_known, inside.n_strange, inside.n_unknown) == (2, 0, 0)


def test_tracks_of_unknown_artist_are_in_neither_group():
    inside = artist_overlap(verdicts([[1, 0, 0]], ["x", "y", None]), np.array([[True, False, False]]))
    assert inside.difference.value == 1.0
    assert inside.n_unknown == 1


def test_paired_bootstrap_is_the_plain_loop():
    rng = np.random.default_rng(0)
    clusters = rng.integers(0, 12, 60)
    clusters[:12] = range(12)
    first, second = rng.integers(0, 2, (2, 60))
    means = []
    for drawn in np.random.default_rng(5).integers(12, size=(400, 12)):
        weight = np.bincount(drawn, minlength=12)[clusters]
        means.append(((first - second) * weight).sum() / weight.sum())
    score = paired_bootstrap(clusters, first, second, resamples=400, seed=5)
    assert score.value == pytest.approx((first - second).mean())
    assert (score.low, score.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_bootstrap_of_shares_has_the_properties_of_one():
    rng = np.random.default_rng(1)
    clusters, right = np.arange(200) // 4, rng.integers(0, 2, 200)
    every = np.ones(200, dtype=int)
    score = bootstrap_share(clusters, right, every)
    assert score.low < score.value < score.high
    # renumbered clusters and tracks in another order say the same
    order = rng.permutation(200)
    again = bootstrap_difference(
        clusters[order], (right[order], every), (1 - right[order], every), resamples=500
    )
    assert again.value == pytest.approx(2 * score.value - 1)
    # one repeat is none; equal repeats change nothing; different ones widen the interval
    assert bootstrap_share(clusters, right[None], every[None]) == score
    twice = bootstrap_share(clusters, np.stack([right] * 3), np.ones((3, 200)))
    assert (twice.low, twice.high) == pytest.approx((score.low, score.high))
    apart = bootstrap_share(clusters, np.stack([right, 0 * right, 1 + 0 * right]), np.ones((3, 200)))
    assert apart.high - apart.low > 3 * (score.high - score.low)


def test_bootstraps_refuse_what_cannot_be_compared():
    with pytest.raises(BenchError, match="differ in shape"):
        paired_bootstrap([0, 1], [1, 0], [1])
    with pytest.raises(BenchError, match="share of nothing"):
        bootstrap_share([0, 1], [0, 0], [0, 0])
    with pytest.raises(BenchError, match="share of nothing"):
        bootstrap_difference([0, 1], ([1, 0], [1, 1]), ([0, 0], [0, 0]), resamples=10)
    assert bootstrap_share([0, 0], [1, 0], [1, 1]).low is None  # one cluster tells nothing of others


def test_the_python_interface_gives_what_the_command_gives(climbed, place):
    request = LadderRequest(["./nearest.py", "majority"], "./toys.py", ["colour"], folds=4, seeds=(0, 1))
    found = run_ladder(request, "out")
    assert [step.accuracy.value for step in found.steps] == [
        step["accuracy"]["value"] for step in climbed[1]["steps"]
    ]


def test_help_says_what_the_rungs_are():
    assert "artists disjoint" in " ".join(cli("ladder", "--help").out.split())
