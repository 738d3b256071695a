"""What the README tells people to type works as it stands."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

import mgrbench
from mgrbench.cli import dispatch
from mgrbench.core.registry import available
from mgrbench.models.references import reference_of
from mgrbench.results.find import find_run
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ mgrbench")]
    return [line.split("  #")[0].removeprefix("$ mgrbench").strip() for line in lines]


def test_job_one_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], synth_audio: Path
) -> None:
    monkeypatch.setenv("MGRBENCH_DATA", str(synth_audio.parent))
    monkeypatch.chdir(tmp_path)
    model = next(block for block in python_blocks() if block.startswith("# mymodel.py"))
    Path("mymodel.py").write_text(model, encoding="utf-8")
    own = [command for command in commands() if "mymodel" in command or "synth" in command]
    assert len(own) == 4
    for command in own:
        assert dispatch(command.split()) == 0, command
    assert "NearestMean" in capsys.readouterr().out
    script = next(block for block in python_blocks() if "mgrbench.evaluate" in block)
    exec(compile(script, "README.md", "exec"), {})
    assert "0.7" in capsys.readouterr().out


def test_audits_and_splits_of_job_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    split = mgrbench.load_split("gtzan/kereliuk")
    Path("train.txt").write_text("\n".join(split.folds[0].train), encoding="utf-8")
    Path("test.txt").write_text("\n".join(f"genres/{i}.wav" for i in split.folds[0].test), encoding="utf-8")
    typed = [command for command in commands() if command.startswith("split")]
    assert len(typed) == 3
    for command in typed:
        assert dispatch(command.split()) == 0, command
    assert mgrbench.audit_split("splits/gtzan/mine4.tsv", "gtzan").artist_in_train == 0


def test_the_worth_of_the_artist_is_what_the_ladders_give() -> None:
    """Every row of the README's table stands in the file of its ladder, and no ladder is left out."""
    table = README.partition("<!-- ladders:begin -->")[2].partition("<!-- ladders:end -->")[0]
    said = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in table.splitlines()[3:]]
    found = []
    for path in sorted((REPOSITORY / "leaderboards" / "ladders").glob("*/*/ladder.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["part"] == "all"]
        at = {(row["model"], row["rung"]): row for row in rows}
        for model in dict.fromkeys(row["model"] for row in rows):
            last = at[model, "artists"]
            points = [100 * float(last[name]) for name in ("drop", "drop_low", "drop_high")]
            drop, low, high = (f"{value:.1f}".replace("-", "−") for value in points)
            accuracies = [f"{float(row['accuracy']):.3f}".lstrip("0") for row in (at[model, "clips"], last)]
            name = (path.parent.parent.name, path.parent.name, model)
            found.append((*name, *accuracies, f"{drop} [{low}, {high}]"))
    assert said == found


@pytest.mark.parametrize("mark", ["fusionnet", "systems"])
def test_a_table_of_scores_says_what_the_committed_runs_say(mark: str) -> None:
    """Every cell of the README's tables of scores is a committed run of that split, model and features."""
    found: dict[tuple[str, str, str], set[str]] = {}
    times: dict[tuple[str, str], set[str]] = {}
    for path in (REPOSITORY / "leaderboards" / "runs").glob("gtzan/*/*/*/run.json"):
        run = json.loads(path.read_text(encoding="utf-8"))
        row = f"{run['model']}, sum rule" if run["options"].get("candidates") == 0 else run["model"]
        row += ", chosen on test" if run["selection"]["rule"] == "test" else ""
        score = run["scores"]["accuracy"]
        value, low, high = (f"{score[name]:.3f}".lstrip("0") for name in ("value", "low", "high"))
        key = (row, " + ".join(sorted(run["features"])), run["split"].partition("/")[2])
        found.setdefault(key, set()).add(f"{value} [{low}, {high}]")
        if key[2] == "artist3":
            seconds = run["cost"]["fit_seconds"] + run["cost"]["predict_seconds"]
            times.setdefault(key[:2], set()).add(f"{seconds:,.0f} s")
    table = README.partition(f"<!-- {mark}:begin -->")[2].partition(f"<!-- {mark}:end -->")[0]
    head, _, *rows = (
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in table.splitlines()
        if line.startswith("|")
    )
    assert len(rows) > 3
    for features, model, *cells in rows:
        for split, cell in zip(head[2:], cells, strict=True):
            key = (model, " + ".join(sorted(features.split(" + "))), split)
            if split == "Time":
                assert cell in times[key[:2]], key
                continue
            of_gtzan = printed(model) if split == "Printed" else found.get(key, ())
            assert cell == "–" or cell in of_gtzan, key


def printed(model: str) -> set[str]:
    """The figures on GTZAN that a model's publication printed."""
    target = next(plugin.target for plugin in available("models") if plugin.name == model)
    reference = reference_of(target)
    figures = reference.printed if reference else ()
    return {f"{figure.accuracy:.3f}".lstrip("0") for figure in figures if figure.dataset == "gtzan"}


def test_comparisons_of_committed_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What section 3 asks of the committed runs can be answered: each name is that of one run."""
    monkeypatch.chdir(REPOSITORY)
    typed = [command.split() for command in commands() if "--runs leaderboards/runs" in command]
    compared = [words for words in typed if words[0] in {"compare", "table"}]
    assert [words[0] for words in compared] == ["compare", "table"]
    for words in compared:
        assert dispatch(words) == 0, words
    drawn = [words for words in typed if words[0] == "plot"]
    assert drawn
    for words in drawn:
        split = words[words.index("--split") + 1]
        assert find_run(words[2], [Path("leaderboards/runs")], split).is_dir()


def test_every_command_of_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands():
        words = [word for word in command.split()[:2] if word.isalpha()]
        groups = {"data", "split", "features", "leaderboard"}
        assert dispatch([*words[: 2 if words[0] in groups else 1], "--help"]) == 0, command
    assert capsys.readouterr().err == ""
