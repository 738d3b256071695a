"""A stored run, found by its folder alone: with its split, its dataset and its predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgrbench.core.types import BenchError
from mgrbench.results.folder import SPLIT_FILE, write_run
from mgrbench.results.history import HISTORY_FILE, read_history, write_history
from mgrbench.results.load import load_run
from mgrbench.results.run import Run, RunRecord
from mgrbench.splits import make_split
from tests.results.test_records import GTZAN, IDS, SPLIT, predicted, run_of, same


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run on a split of its own."""
    write_run(tmp_path, run_of(predicted()))
    (tmp_path / SPLIT_FILE).write_text(SPLIT.text, encoding="utf-8")
    return tmp_path


def test_a_run_is_loaded_from_its_folder_alone(folder):
    stored, written = load_run(folder), run_of(predicted())
    assert stored.split == SPLIT
    assert stored.dataset.name == "gtzan"
    assert stored.run.scores == written.scores
    assert stored.run.per_class == written.per_class
    assert same(stored.run.predictions, written.predictions)
    assert stored.run.to_json() == (folder / "run.json").read_text(encoding="utf-8")


def test_the_split_beside_a_run_must_be_its_own(folder):
    other = make_split(GTZAN, "hash", name="other", folds=3, only=IDS)
    (folder / SPLIT_FILE).write_text(other.text, encoding="utf-8")
    with pytest.raises(BenchError, match="is gtzan/other, beside a run on gtzan/few"):
        load_run(folder)


def test_a_run_has_predictions_and_a_record_is_its_json():
    run = run_of(predicted(kept=0.2))
    record = RunRecord.model_validate_json(run.to_json())
    assert record.to_json() == run.to_json()
    with pytest.raises(ValueError, match="predictions"):
        Run.model_validate(record.model_dump())


def test_a_history_reads_back_as_it_was_written(tmp_path):
    write_history(tmp_path, [])
    assert not (tmp_path / HISTORY_FILE).exists()
    assert list(read_history(tmp_path)) == []
    write_history(tmp_path, [{"fold": 1, "epoch": 1}, {"fold": 1, "epoch": 2, "valid_loss": 0.5}])
    assert (tmp_path / HISTORY_FILE).read_text() == "fold,epoch,valid_loss\n1,1,\n1,2,0.5\n"
    assert list(read_history(tmp_path)) == [
        {"fold": "1", "epoch": "1", "valid_loss": ""},
        {"fold": "1", "epoch": "2", "valid_loss": "0.5"},
    ]


def test_a_damaged_history_is_refused_with_its_file(tmp_path):
    (tmp_path / HISTORY_FILE).write_text("fold\n" + "9" * 200_000)
    with pytest.raises(BenchError, match=r"history\.csv: is damaged \(field larger than field limit"):
        read_history(tmp_path)
