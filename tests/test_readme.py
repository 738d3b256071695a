"""What the README tells people to type works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mgrbench
from mgrbench.cli import dispatch
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def python_blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ mgrbench")]
    return [line.split("  #")[0].removeprefix("$ mgrbench").strip() for line in lines]


def test_job_one_word_for_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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


def test_every_command_of_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    for command in commands():
        words = [word for word in command.split()[:2] if word.isalpha()]
        groups = {"data", "split", "features", "leaderboard"}
        assert dispatch([*words[: 2 if words[0] in groups else 1], "--help"]) == 0, command
    assert capsys.readouterr().err == ""
