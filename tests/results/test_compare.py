"""``mgrbench compare``: what it says of two and of several runs, and what it refuses to compare."""

from __future__ import annotations

import csv
import io
import json
import shutil
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

import mgrbench
from mgrbench.core.errors import BenchError
from mgrbench.metrics.significance import corrected_resampled_t
from mgrbench.results.versions import other_versions
from tests.support.helpers import (
    GENRE,
    GTZAN,
    MEANS,
    MINI,
    MINI_RUN,
    REPOSITORY,
    done,
    only_run,
    refused,
    unchanged,
    write_plugin,
    write_split,
)

NEXT = dict(zip(GTZAN.genres, (*GTZAN.genres[1:], GTZAN.genres[0]), strict=True))


def score(place, name, wrong=(), *arguments, split="mini.tsv", ids=MINI):
    """A row of which the tracks at these positions of the small split are wrong."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["track_id", "predicted"])
    for track in ids:
        writer.writerow([track, NEXT[GENRE[track]] if MINI.index(track) in wrong else GENRE[track]])
    (place / "scored.csv").write_text(stream.getvalue())
    words = ("-d", "gtzan", "-s", split, "--name", name, *arguments)
    return done("score", "scored.csv", *words, "--json").document


def compared(*arguments):
    return done("compare", *arguments, "--json").document


# --- two runs


def test_two_runs_by_counting(place):
    score(place, "one", wrong=range(12))
    score(place, "two", wrong=range(10, 40))
    document = compared("one", "two")
    assert (document["split"], document["tracks"]) == ("gtzan/mini", 60)
    assert [run["scores"]["accuracy"]["value"] for run in document["runs"]] == [0.8, 0.5]
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == (1, 2)
    assert pair["differences"]["accuracy"]["value"] == pytest.approx(0.3)
    assert (pair["only_first"], pair["only_second"]) == (28, 10)
    assert pair["mcnemar"] == pytest.approx(stats.binomtest(10, 38).pvalue)
    assert pair["p_holm"] == max(pair["mcnemar"], pair["over_artists"])
    assert pair["told_apart"] == (pair["p_holm"] < 0.05)
    # Wrong tracks are all predicted as the next genre: they disagree where just one is wrong.
    assert sorted(row["track_id"] for row in pair["disagreements"]) == sorted(
        track for at, track in enumerate(MINI) if (at < 12) != (10 <= at < 40)
    )
    for row in pair["disagreements"]:
        assert row["genre"] == GENRE[row["track_id"]]
        assert {row["first"], row["second"]} == {row["genre"], NEXT[row["genre"]]}


def test_every_figure_is_that_of_the_predictions(place):
    """The Python twin on records in memory gives what the command gives of their folders."""
    done("run", "-m", "lda", *MINI_RUN)
    write_plugin(
        place / "worse.py",
        MEANS.replace("(rows[:, None] - self.means)", "(rows[:, None, 3:] - self.means[:, 3:])"),
    )
    runs = [mgrbench.evaluate(model, "gtzan", "mini.tsv", ["toy"]) for model in ("lda", "./worse.py")]
    done("run", "-m", "./worse.py", *MINI_RUN)
    found = mgrbench.compare(*runs, split=place / "mini.tsv")
    (pair,) = found.pairs
    outcomes = [run.predictions.outcome for run in runs]
    right = [outcome.genre == outcome.predicted for outcome in outcomes]
    for entrant, run in zip(found.entrants, runs, strict=True):
        for name in ("accuracy", "macro_f1"):
            recorded = run.scores[name]
            score = entrant.scores[name]
            assert (score.value, score.low, score.high) == pytest.approx(
                (recorded.value, recorded.low, recorded.high)
            )
    f1 = [f1_score(outcome.genre, outcome.predicted, average="macro") for outcome in outcomes]
    assert pair.differences["macro_f1"].value == pytest.approx(f1[0] - f1[1])
    folds = runs[0].predictions.fold
    by_fold = [float(right[0][folds == fold].mean() - right[1][folds == fold].mean()) for fold in (1, 2, 3)]
    assert pair.over_folds == pytest.approx(corrected_resampled_t(by_fold, 0.5))
    assert sum(genre.first for genre in pair.genres) == right[0].sum()
    assert sum(genre.second for genre in pair.genres) == right[1].sum()
    assert [genre.tracks for genre in pair.genres] == [6] * 10
    stored = compared("lda", "worse")["pairs"][0]
    assert stored["differences"]["accuracy"]["value"] == pair.differences["accuracy"].value
    assert stored["differences"]["macro_f1"]["low"] == pytest.approx(pair.differences["macro_f1"].low)
    assert len(stored["disagreements"]) == len(pair.disagreements)


def test_the_order_turns_signs_only(place):
    score(place, "one", wrong=range(12))
    score(place, "two", wrong=range(10, 40))
    (there,), (back,) = compared("one", "two")["pairs"], compared("two", "one")["pairs"]
    for metric in ("accuracy", "macro_f1"):
        assert there["differences"][metric]["value"] == -back["differences"][metric]["value"]
        assert there["differences"][metric]["low"] == pytest.approx(-back["differences"][metric]["high"])
    assert there["p_holm"] == pytest.approx(back["p_holm"])
    assert [row["told_apart"] for row in there["genres"]] == [row["told_apart"] for row in back["genres"]]


def test_a_genre_is_won_where_its_tracks_show_it(place):
    # Sixty tracks have six of a genre: too few, whatever they say. GTZAN's own split has enough.
    ids = [track.id for track in GTZAN.tracks()]
    for name, bad in (("good", ()), ("deaf", ("jazz",))):
        rows = ["track_id,predicted", *(f"{i},{'blues' if GENRE[i] in bad else GENRE[i]}" for i in ids)]
        (place / "s.csv").write_text("\n".join(rows) + "\n")
        done("score", "s.csv", "-d", "gtzan", "-s", "random10", "--name", name)
    (pair,) = compared("good", "deaf", "--split", "gtzan/random10")["pairs"]
    assert [row["genre"] for row in pair["genres"] if row["told_apart"]] == ["jazz"]
    shown = done("compare", "good", "deaf", "--split", "gtzan/random10").out
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith(("jazz", "rock"))] == [
        "1",
        "–",
    ]
    assert "Verdict: 1 is better than 2" in shown


def test_equal_runs_do_not_differ_significantly(place):
    score(place, "one", wrong=range(5))
    score(place, "two", wrong=range(5), split="mini.tsv")
    document = compared("one", "two")
    (pair,) = document["pairs"]
    assert (pair["told_apart"], pair["p_holm"], pair["disagreements"]) == (False, 1.0, [])
    for run, other in zip(document["runs"], (2, 1), strict=True):
        detail = f"not significantly different from run {other}"
        assert {"code": "MGR107", "detail": detail} in run["warnings"]
    shown = done("compare", "one", "two").out
    assert "1 and 2 do not differ significantly" in shown
    assert "for 0 of the tracks." in shown


def test_more_tracks_of_one_artist_are_less_evidence(place):
    """Twelve wrong tracks by twelve artists tell more than twelve by one."""
    ids = [track.id for track in GTZAN.tracks() if track.genre == "blues"]
    found = {}
    artist_of = {track.id: track.artist for track in GTZAN.tracks()}
    by_artist = [i for i in ids if artist_of[i] == artist_of["blues.00000"]][:12]
    spread = list({artist_of[i]: i for i in ids}.values())[:12]
    assert len(by_artist) == 12
    assert len(spread) < 12 or len(set(spread)) == 12
    every = [track.id for track in GTZAN.tracks()]
    for name, wrong in (("none", ()), ("clumped", by_artist), ("spread", spread)):
        rows = ["track_id,predicted", *(f"{i},{'rock' if i in wrong else GENRE[i]}" for i in every)]
        (place / "s.csv").write_text("\n".join(rows) + "\n")
        done("score", "s.csv", "-d", "gtzan", "-s", "random10", "--name", name)
    for name in ("clumped", "spread"):
        (found[name],) = compared("none", name, "--split", "gtzan/random10")["pairs"]
    assert found["clumped"]["mcnemar"] <= 0.001
    assert not found["clumped"]["told_apart"], "one artist is one observation"
    assert found["spread"]["over_artists"] < found["clumped"]["over_artists"]


# --- several runs


def test_several_runs_are_corrected_for_all_pairs(place):
    for at, name in enumerate("abcd"):
        score(place, name, wrong=range(10 * at))
    document = compared(*"abcd")
    pairs = {(pair["first"], pair["second"]): pair for pair in document["pairs"]}
    assert list(pairs) == list(combinations((1, 2, 3, 4), 2))
    raw = {key: max(pair["mcnemar"], pair["over_artists"]) for key, pair in pairs.items()}
    for rank, key in enumerate(sorted(raw, key=raw.get)):
        assert pairs[key]["p_holm"] >= min(1.0, raw[key] * (6 - rank)) - 1e-12
    two = compared("a", "b")["pairs"][0]
    assert two["p_holm"] < pairs[1, 2]["p_holm"]
    shown = done("compare", *"abcd").out
    assert "+16.7" in shown
    assert "−16.7" not in shown, "above the diagonal the better ones come first here"


@pytest.mark.parametrize("many", [2, 3, 9])
def test_tables_fit_eighty_columns(place, monkeypatch, many):
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"a_rather_long_name_of_a_model_{at}" for at in range(many)]
    for at, name in enumerate(names):
        score(place, name, wrong=range(5 * at))
    shown = done("compare", *names, "--list").out
    assert max(map(len, shown.splitlines())) <= 80
    assert all(str(at) in shown for at in range(1, many + 1))


def test_only_tracks_common_to_all_are_compared(place):
    score(place, "whole", wrong=range(0, 60, 7))
    score(place, "part", (), "--allow-missing", ids=MINI[:50])
    score(place, "other", range(20), "--allow-missing", ids=MINI[10:])
    document = compared("whole", "part", "other")
    assert document["tracks"] == 40
    assert document["runs"][0]["scores"]["accuracy"]["value"] == pytest.approx(
        np.mean([at % 7 != 0 for at in range(10, 50)])
    )
    assert document["runs"][2]["scores"]["accuracy"]["value"] == pytest.approx(0.75)
    details = [
        warning["detail"]
        for run in document["runs"]
        for warning in run["warnings"]
        if warning["code"] == "MGR104"
    ]
    assert "compared on 40 of the 60 tracks it was tested on" in details
    score(place, "first", (), "--allow-missing", ids=MINI[:10])
    score(place, "last", (), "--allow-missing", ids=MINI[-10:])
    assert "no test track in common" in refused("compare", "first", "last")


def test_list_names_the_tracks(place):
    score(place, "one", wrong=(3,))
    score(place, "two", wrong=(5,))
    brief, long = done("compare", "one", "two").out, done("compare", "one", "two", "--list").out
    assert MINI[3] not in brief
    assert "--list" in brief
    lines = {line.split()[0]: line.split()[1:] for line in long.splitlines() if line.startswith("blues.")}
    assert lines == {
        MINI[3]: ["blues", "classical", "right"],
        MINI[5]: ["blues", "right", "classical"],
    }


def test_codes_of_the_runs_stand_below(place):
    score(place, "honest", wrong=range(9))
    score(place, "flattered", (), "--selection", "test")
    shown = done("compare", "honest", "flattered").out
    assert "MGR101" in shown
    assert "MGR105" in shown
    assert "mgrbench explain" in shown
    document = compared("honest", "flattered")
    assert "MGR101" in [warning["code"] for warning in document["runs"][1]["warnings"]]


def test_mixed_library_versions_are_said(place):
    done("run", "-m", "lda", *MINI_RUN)
    file = next((place / "runs").glob("gtzan/mini/lda/*/run.json"))
    record = json.loads(file.read_text())
    record["environment"]["packages"]["numpy"] = "0.0.1"
    file.write_text(json.dumps(record))
    document = compared("means", "lda")
    (said,) = (warning for warning in document["runs"][1]["warnings"] if warning["code"] == "MGR108")
    assert said["detail"].startswith("numpy 0.0.1 (")
    assert "MGR108" not in [warning["code"] for warning in document["runs"][0]["warnings"]]


def test_other_versions_are_those_that_few_have():
    assert other_versions([]) == []
    assert other_versions([{"a": "1"}, {"a": "1"}, {"a": "2", "b": "1"}]) == ["", "", "a 2 (1)"]
    assert other_versions([{"a": "1+cpu"}, {"a": "1+cu128"}, {}]) == ["", "", ""]
    assert other_versions([{"a": "2"}, {"a": "1"}]) == ["", "a 1 (2)"]


# --- how runs are named


def test_a_run_is_named_by_folder_record_model_or_id(place):
    done("run", "-m", "./means.py", *MINI_RUN, "--seed", "1")
    score(place, "one")
    folders = sorted((place / "runs" / "gtzan" / "mini" / "means").iterdir())
    zero = next(folder for folder in folders if "seed0" in folder.name)
    expected = compared(zero, "one")["pairs"]
    for name in (
        zero / "run.json",
        "means/toy-seed0",
        f"mini/means/{zero.name}",
        f"gtzan/mini/means/{zero.name}",
        zero.relative_to(place),
    ):
        assert compared(name, "one")["pairs"] == expected
    line = refused("compare", "means", "one")
    assert "2 runs below runs are called 'means'" in line
    assert all(folder.name in line for folder in folders)
    assert "did you mean means" in refused("compare", "maens", "one")
    assert "is no folder of a finished run" in refused("compare", "means/toy-seed", "one")
    shutil.move(place / "runs", place / "elsewhere")
    assert "no folder of a finished run" in refused("compare", "means/toy-seed0", "one")
    assert compared("means/toy-seed0", "one", "--runs", "elsewhere")["pairs"] == expected


def test_names_tell_two_runs_of_a_model_apart(place):
    done("run", "-m", "./means.py", *MINI_RUN, "--seed", "1")
    names = [run["name"] for run in compared("means/toy-seed0", "means/toy-seed1")["runs"]]
    assert names == ["means on toy, seed 0", "means on toy, seed 1"]


def test_a_split_narrows_what_a_name_means(place):
    for split in ("kereliuk", "artist3"):
        for model in ("lda", "majority"):
            done("run", "-m", model, "-d", "gtzan", "-s", split, "-f", "toy")
    assert "are called 'lda'" in refused("compare", "lda", "majority")
    assert compared("lda", "majority", "-s", "gtzan/kereliuk")["split"] == "gtzan/kereliuk"
    single = compared("kereliuk/lda", "kereliuk/majority")["pairs"][0]
    assert single["over_folds"] == {"t": None, "p": None}, "one fold has no test over folds"


# --- what is refused


def test_other_splits_versions_and_single_runs_are_refused(place):
    done("run", "-m", "lda", "-d", "gtzan", "-s", "kereliuk", "-f", "toy")
    assert "means was tested on gtzan/mini, lda on gtzan/kereliuk" in refused("compare", "means", "lda")
    assert "name two runs" in refused("compare", "means")
    assert "Missing argument" in refused("compare")
    write_split(place / "mini.tsv", folds=2)
    done("run", "-m", "majority", *MINI_RUN)
    assert "different versions of gtzan/mini" in refused("compare", "means", "majority")


def test_a_run_against_itself_is_refused(place):
    folder = only_run(place / "runs")
    assert "named more than once" in refused("compare", "means", folder)


def test_damaged_and_unfinished_runs_are_refused(place):
    score(place, "one")
    folder = next((place / "runs").glob("gtzan/mini/means/*"))
    text = (folder / "predictions.csv").read_text()
    (folder / "predictions.csv").write_text(text.replace(",blues,blues,", ",blues,rock,", 1))
    with unchanged(place):
        assert "is not what the predictions give" in refused("compare", "means", "one")
    (folder / "predictions.csv").write_text("not a table")
    assert "predictions.csv" in refused("compare", "means", "one")
    (folder / "run.json").unlink()
    assert "is no folder of a finished run" in refused("compare", folder, "one")


@pytest.mark.parametrize("name", ["=cmd()", "[red]x", "naïve ♫ 日本"])
def test_hostile_names_stay_text(place, name):
    score(place, name, wrong=(1,))
    score(place, "plain")
    assert name in done("compare", name, "plain").out
    assert compared(name, "plain")["runs"][0]["name"] == name


def test_runs_without_their_split_are_refused(place):
    runs = [mgrbench.evaluate(model, "gtzan", "mini.tsv", ["toy"]) for model in ("lda", "./means.py")]
    with pytest.raises(BenchError, match=r"gtzan/mini|no split"):
        mgrbench.compare(*runs)
    with pytest.raises(BenchError, match="another version"):
        mgrbench.compare(*runs, split="gtzan/artist3")


# --- the committed rows


def test_committed_rows_by_an_independent_computation():
    """Predictions of the committed runs, read with nothing of mgrbench, give McNemar's table."""
    runs = REPOSITORY / "leaderboards" / "runs"
    right = []
    for name in ("svm_rbf", "lda"):
        (file,) = runs.glob(f"gtzan/artist3/{name}/mfcc-*/predictions.csv")
        rows = list(csv.DictReader(file.read_text().splitlines()))
        right.append({row["track_id"]: row["genre"] == row["predicted"] for row in rows})
    only = [sum(one[track] and not other[track] for track in one) for one, other in (right, right[::-1])]
    (pair,) = compared("artist3/svm_rbf/mfcc", "artist3/lda/mfcc", "--runs", runs)["pairs"]
    assert [pair["only_first"], pair["only_second"]] == only
    assert pair["mcnemar"] == pytest.approx(stats.binomtest(only[0], sum(only)).pvalue)
