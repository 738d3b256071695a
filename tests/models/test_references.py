"""What models say of the publications that they follow, and that it is read without importing them."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.registry import available
from mgrbench.leaderboards.paper.printed import COMPARISON, reported
from mgrbench.models.references import FIDELITIES, Printed, Reference, read_reference, reference_of
from tests.support.helpers import done

REFERENCES = {
    plugin.name: found for plugin in available("models") if (found := reference_of(plugin.target)) is not None
}


def test_every_reference_that_a_model_has_is_read():
    assert {"choi2017", "lee2009", "tzanetakis2002", "foleiss2020", "lim2012", "fusionnet"} <= set(REFERENCES)
    for plugin in available("models"):
        module = importlib.import_module(plugin.target)
        assert getattr(module, "REFERENCE", None) == REFERENCES.get(plugin.name), plugin.name


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_is_complete(name):
    reference = REFERENCES[name]
    assert reference.fidelity in FIDELITIES
    assert 1990 < reference.year < 2030
    assert reference.doi is None or reference.doi.startswith("10.")
    for printed in reference.printed:
        assert load_dataset(printed.dataset).name == printed.dataset
        assert printed.protocol


def test_no_two_models_stand_for_one_row_of_the_table():
    cited = [reference.cited for reference in REFERENCES.values() if reference.cited is not None]
    assert len(cited) == len(set(cited))


def test_the_rows_of_the_table_name_the_models_that_stand_for_them():
    rows = {
        (int(found.group(1)), one.model)
        for one in reported()
        if one.table == COMPARISON and (found := re.search(r"\[(\d+)\]$", one.system))
    }
    assert rows == {
        (reference.cited, name) for name, reference in REFERENCES.items() if reference.cited is not None
    }


def test_the_list_shows_them_without_importing_a_model():
    entries = {entry["name"]: entry for entry in done("list", "models", "--json").document["models"]}
    lee = entries["lee2009"]
    assert (lee["year"], lee["doi"], lee["fidelity"]) == (2009, "10.1109/TMM.2009.2017635", "faithful")
    assert lee["reference"].startswith("Lee, Shih, Yu & Lin")
    assert lee["printed"][0] == {
        "dataset": "gtzan",
        "accuracy": 0.906,
        "protocol": REFERENCES["lee2009"].printed[0].protocol,
    }
    assert {entries["majority"][key] for key in ("reference", "year", "doi", "printed", "fidelity")} == {None}
    assert entries["majority"].keys() == lee.keys()
    assert "2009, faithful" in done("list", "models").out
    code = (
        "import sys; from mgrbench.cli import dispatch; dispatch(['list', 'models']); "
        "print(*sorted({'torch', 'sklearn'} & set(sys.modules)), file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stderr.strip() == ""


@pytest.mark.parametrize(
    "source",
    [
        "",
        "REFERENCE = ",
        "REFERENCE = 3",
        "REFERENCE = Reference(citation='x', year=2000, fidelity='perfect')",
        "REFERENCE = Reference(citation='x', year=int('2000'), fidelity='exact')",
        "REFERENCE = Reference('x', 2000, 'exact')",
        "REFERENCE = Reference(citation='x', year=2000, fidelity='exact', colour='red')",
        "REFERENCE = Reference(**{})",
        "def f():\n    REFERENCE = Reference(citation='x', year=2000, fidelity='exact')",
    ],
)
def test_what_is_no_reference_is_none(tmp_path, source):
    file = tmp_path / "model.py"
    file.write_text(source)
    assert read_reference(file) is None


def test_what_a_reference_refuses():
    with pytest.raises(ValueError, match="none of exact, faithful, reading"):
        Reference(citation="x", year=2000, fidelity="good")
    with pytest.raises(ValueError, match=r"96\.5 is not between 0 and 1"):
        Printed(dataset="gtzan", accuracy=96.5, protocol="")
    assert reference_of("baselines.nothing_of_the_kind") is None
