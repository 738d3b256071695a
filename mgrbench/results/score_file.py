"""A file of external predictions -> a finished run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.files import digest_of_file, write_atomically
from mgrbench.core.types import Dataset, Fold, Split
from mgrbench.results.external import read_external
from mgrbench.results.folder import SPLIT_FILE, check_row_name, claimed, run_folder, write_run
from mgrbench.results.record import Origin, make_run
from mgrbench.results.run import Run, Selection, Warn
from mgrbench.splits import checked_split, is_shipped, load_split


def score_file(
    path: Path,
    dataset: str | Dataset,
    split: str | Path | Split,
    *,
    name: str,
    selection: Literal["none", "validation", "test", "unstated"] = "unstated",
    out: Path = Path("runs"),
    allow_missing: bool = False,
) -> tuple[Run, Path]:
    """Score a file of predictions and store it as a run; gives the run and its folder.

    The run has a warning that its training was not observed (MGR105), and one where it was selected on test
    (MGR101).

    Raises:
        BenchError: if the file is not what `mgrbench.results.external` reads.
    """
    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    given = split if isinstance(split, Split) else load_split(split, data.name)
    chosen = checked_split(given, data)
    check_row_name(name)
    started = datetime.now(UTC)
    predictions = read_external(path, data, chosen, allow_missing=allow_missing)
    warnings = [Warn(code="MGR105", detail=f"from {path.name}")]
    if selection == "test":
        warnings.append(
            Warn(code="MGR101", detail="epochs, settings or features were chosen on the test part")
        )
    tested = {number: predictions.of_fold(number) for number in sorted(set(predictions.fold.tolist()))}
    origin = Origin(
        model=name,
        selection=Selection(rule=selection),
        # Only folds with predictions can be scored; what was trained on is what the split says.
        parts={
            number: Fold(fold.train, fold.valid, fold.test[: len(tested[number])])
            for number, fold in enumerate(chosen.folds, start=1)
            if number in tested
        },
        started=started,
        plugin_sha256=digest_of_file(path),
        warnings=warnings,
    )
    run = make_run(predictions, data, chosen, origin)
    folder = run_folder(
        out, data.name, chosen.name.split("/")[1], name, f"scored-{selection}-{digest_of_file(path)[:8]}"
    )
    with claimed(folder, out):
        if not is_shipped(chosen):
            write_atomically(folder / SPLIT_FILE, chosen.text)
        write_run(folder, run)
    return run, folder
