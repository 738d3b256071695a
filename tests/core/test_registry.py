"""Plugins: found by name, place or file, imported only when used, each fault named in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mgrbench.core.boundary import boundary
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.registry import available, find, is_built_in, load
from mgrbench.core.types import BenchError
from mgrbench.models.source import model_source
from tests.support.helpers import done, refused

REPOSITORY = Path(__file__).resolve().parents[2]
BASELINES = sorted(
    entry.stem
    for entry in (REPOSITORY / "baselines").glob("[!_]*")
    if entry.suffix == ".py" or (entry / "__init__.py").is_file()
)

MODEL = '''
"""A model for tests."""
FEATURES = ("x",)


class Plain:
    """One class."""

    def __init__(self, n_genres):
        pass

    def fit(self, train, valid):
        pass

    def predict_proba(self, inputs):
        pass


def build(n_genres, seed, device, size=3):
    return Plain(n_genres)
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of installed packages; what is imported from it is forgotten after the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and str(tmp_path) in file:
            del sys.modules[name]


def install(site: Path, distribution: str, points: dict[str, str], group: str = "models") -> None:
    """What pip leaves behind of a distribution that declares plugins."""
    folder = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = [f"{name} = {target}" for name, target in points.items()]
    (folder / "entry_points.txt").write_text("\n".join([f"[mgrbench.{group}]", *lines, ""]))


# Names


def test_every_file_of_the_baselines_is_a_model_by_its_name():
    models = {plugin.name: plugin for plugin in available("models")}
    assert [name for name, plugin in models.items() if plugin.origin == "built in"] == BASELINES
    for name in BASELINES:
        plugin = find("models", name)
        assert plugin == models[name]
        assert (plugin.target, plugin.origin) == (f"baselines.{name}", "built in")
        assert plugin.about


def test_hyphens_and_underscores_are_one():
    assert find("models", "random-forest") == find("models", "random_forest")
    assert model_source("svm-rbf").name == model_source("svm_rbf").name == "svm_rbf"


@pytest.mark.parametrize(
    ("kind", "name", "problem"),
    [
        (
            "models",
            "svm_rbg",
            r"no model is called 'svm_rbg'; did you mean svm_rbf\? \(`mgrbench list models`\)",
        ),
        ("models", "random-forst", r"no model is called 'random-forst'; did you mean random_forest\?"),
        ("models", "zzzzzz", r"no model is called 'zzzzzz'; there are .*gmm, .*svm_rbf"),
        ("models", "", r"no model is called ''; there are"),
        ("datasets", "gtzam", r"no dataset is called 'gtzam'; did you mean gtzan\?"),
        ("features", "melstat", r"no feature is called 'melstat'; did you mean melstats\?"),
        ("metrics", "acc", r"no metric is called 'acc'; there are none"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(kind, name, problem):
    with pytest.raises(BenchError, match=problem):
        find(kind, name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no_such_package.module", r"no module is called 'no_such_package'; install its package"),
        ("json.no_such_module:Thing", r"no module is called 'json.no_such_module'"),
        ("json:Thing", r"json has no 'Thing'; define it in json"),
        ("json:JSONDecodr", r"json has no 'JSONDecodr'; did you mean JSONDecoder\?"),
        ("./model", r"'./model' is no name of a module; .*the path of a file that ends in \.py"),
        ("../model", r"'../model' is no name of a module"),
        (".model", r"'\.model' is no name of a module"),
        ("a..b:C", r"'a\.\.b' is no name of a module"),
        ("a-b.c", r"'a-b\.c' is no name of a module"),
        ("nowhere.py", r"nowhere\.py: no such file; check the path of the plugin"),
        ("nowhere/model.py:Model", r"nowhere/model\.py: no such file"),
        ("nowhere.py:", r"nowhere\.py: no such file"),
    ],
)
def test_a_place_that_is_not_there_is_named(name, problem):
    with pytest.raises(BenchError, match=problem):
        load("models", name)


# Places and files


def test_a_model_is_found_by_its_place_in_a_package(site):
    (site / "others").mkdir()
    (site / "others" / "__init__.py").touch()
    (site / "others" / "nets.py").write_text(MODEL)
    by_class = model_source("others.nets:Plain")
    assert (by_class.name, by_class.features) == ("Plain", ("x",))
    by_module = model_source("others.nets")
    assert (by_module.name, by_module.defaults()) == ("nets", {"size": 3})
    by_function = model_source("others.nets:build")
    assert by_function.source_sha256 == by_module.source_sha256 == by_class.source_sha256


def test_a_model_is_found_by_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MODEL)
    assert find("models", "./mine.py").origin == "file"
    for name, expected in {
        "./mine.py": "mine",
        "mine.py:Plain": "Plain",
        str(tmp_path / "mine.py"): "mine",
    }.items():
        source = model_source(name)
        assert (source.name, source.features) == (expected, ("x",))
        assert type(source.build(2, 0, "cpu", {})).__name__ == "Plain"
    with pytest.raises(BenchError, match=r"mine\.py has no 'Plane'; did you mean Plain\?"):
        load("models", "./mine.py:Plane")


def test_a_file_is_executed_once_and_again_when_it_was_edited(tmp_path):
    file = tmp_path / "count.py"
    text = "import pathlib\npathlib.Path(__file__).with_name('log').open('a').write('x')\nVALUE = {}\n"
    file.write_text(text.format(1))
    first = load("models", str(file))
    assert load("models", str(file)).module is first.module
    assert (tmp_path / "log").read_text() == "x"
    # Of the same length and within the same second: cached bytecode would be taken for current.
    file.write_text(text.format(2))
    os.utime(file, ns=(first_time := file.stat().st_mtime_ns, first_time))
    second = load("models", str(file))
    assert (first.value.VALUE, second.value.VALUE) == (1, 2)
    assert first.source_sha256 != second.source_sha256
    assert not (tmp_path / "__pycache__").exists()


def test_files_of_one_name_in_two_folders_are_two_plugins(tmp_path):
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "same.py").write_text(f"VALUE = {number}\n")
    values = [load("models", str(tmp_path / str(number) / "same.py")).value.VALUE for number in (1, 2, 1)]
    assert values == [1, 2, 1]


def test_the_checksum_of_a_package_is_that_of_all_its_files(site):
    (site / "net").mkdir()
    (site / "net" / "__init__.py").write_text(MODEL)
    (site / "net" / "layers.py").write_text("WIDTH = 3\n")
    before = load("models", "net:Plain").source_sha256
    assert load("models", "net:Plain").source_sha256 == before
    (site / "net" / "layers.py").write_text("WIDTH = 4\n")
    assert load("models", "net:Plain").source_sha256 != before


def test_a_plugin_may_not_take_the_name_of_a_built_in_one(tmp_path):
    (tmp_path / "knn.py").write_text(MODEL)
    with pytest.raises(BenchError, match=r"knn\.py' has the name of the model 'knn'; give it another name"):
        model_source(str(tmp_path / "knn.py"))


# Faults


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("raise OSError('first\\nsecond')", r"while being imported: OSError: first second \(broken\.py:1\)"),
        ("import no_such_library", r"NotFoundError: No module named 'no_such_library' \(broken\.py:1\)"),
        ("x = 1\ndef f(:", r"broken\.py failed while being imported: SyntaxError"),
        ("x = '\0'", r"broken\.py failed while being imported: (SyntaxError|ValueError)"),
        ("import sys; sys.exit(3)", r"broken\.py failed while being imported: SystemExit: 3"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(broken\.py:1\); correct the plugin"),
        ("x = '\xe9'".encode("latin-1"), r"broken\.py failed while being imported: SyntaxError"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named_in_one_line(tmp_path, source, problem):
    file = tmp_path / "broken.py"
    file.write_bytes(source if isinstance(source, bytes) else source.encode())
    for _ in range(2):  # nothing half-made is kept of the first time
        with pytest.raises(BenchError, match=problem) as caught:
            load("models", str(file))
        assert "\n" not in str(caught.value)
    file.write_text(MODEL)
    assert model_source(str(file)).name == "broken"


def test_a_message_that_shows_whole_arrays_is_cut_in_its_middle():
    with pytest.raises(BenchError) as caught, boundary("x", "working"):
        raise ValueError("Expected 2D array, got " + "1.0, " * 5000 + "reshape your data")
    said = str(caught.value)
    assert len(said) < 700
    assert "Expected 2D array" in said
    assert "reshape your data (test_registry.py" in said


def test_an_interrupt_is_not_a_fault_of_the_plugin():
    with pytest.raises(KeyboardInterrupt), boundary("x", "working"):
        raise KeyboardInterrupt


def test_a_broken_package_fails_only_what_names_it(site):
    (site / "bad").mkdir()
    (site / "bad" / "__init__.py").write_text("raise OSError('no licence')")
    (site / "bad" / "model.py").write_text(MODEL)
    install(site, "bad-things", {"bad_model": "bad.model:Plain", "gone": "no_such_package:Plain"})
    origins = {plugin.name: plugin.origin for plugin in available("models")}
    assert origins["bad_model"] == origins["gone"] == "bad-things"
    with pytest.raises(BenchError, match=r"bad_model failed while being imported: OSError: no licence"):
        load("models", "bad_model")
    with pytest.raises(BenchError, match=r"model failed while being imported: OSError: no licence"):
        load("models", "bad.model")
    with pytest.raises(BenchError, match=r"no module is called 'no_such_package'"):
        load("models", "gone")
    assert model_source("knn").name == "knn"


def test_a_package_that_lacks_a_library_is_not_said_to_be_missing(site):
    (site / "needy.py").write_text("import no_such_library\n")
    with pytest.raises(BenchError, match=r"Model failed while being imported: .*'no_such_library'"):
        load("models", "needy:Model")


def test_a_built_in_file_with_an_error_in_it_fails_alone(site, monkeypatch):
    folder = site / "models_here"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "aaa.py").write_text("def f(:\n")
    (folder / "bbb.py").write_bytes(b"'''\xff'''\n")
    (folder / "good.py").write_text(MODEL)
    (folder / "_private.py").write_text("1 / 0")
    (folder / "notes.txt").touch()
    (folder / "net").mkdir()
    (folder / "net" / "__init__.py").write_text('"""A network."""\n')
    (folder / "no_package").mkdir()
    monkeypatch.setitem(sys.modules["mgrbench.core.registry"].PACKAGES, "models", "models_here")
    found = [(plugin.name, plugin.about) for plugin in available("models") if plugin.origin == "built in"]
    assert found == [("aaa", ""), ("bbb", ""), ("good", "A model for tests."), ("net", "A network.")]
    assert load("models", "good").value.FEATURES == ("x",)
    with pytest.raises(BenchError, match="aaa failed while being imported: SyntaxError"):
        load("models", "aaa")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("math:pi", r"pi is a float; name a class or a build function"),
        ("math", r"no model is called 'math'"),
        ("os.path", r"path has no build function; give it build\(n_genres"),
        ("sys:float_info", r"float_info is a "),
        ("builtins:dict", "builtins:dict is a class without fit; name a class with fit"),
        ("os:system", "os:system is a function that takes no n_genres, so it builds no model"),
    ],
)
def test_what_is_no_model_is_refused(name, problem):
    with pytest.raises(BenchError, match=problem):
        model_source(name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('FEATURES = "choi"', r"mine has FEATURES = 'choi'; give a tuple of names"),
        ("FEATURES = (1,)", r"mine has FEATURES = \(1,\)"),
        ("FEATURES = None", r"mine has FEATURES = None"),
        ('SELECTION = "test"', r"mine has SELECTION = 'test'; say \"none\" or \"validation\""),
    ],
)
def test_what_a_plugin_says_of_itself_is_checked(tmp_path, line, problem):
    (tmp_path / "mine.py").write_text(f"{MODEL}\n{line}\n")
    with pytest.raises(BenchError, match=problem):
        model_source(str(tmp_path / "mine.py"))


# Installed packages


def test_a_model_of_an_installed_package_is_listed_and_loaded_by_its_name(site):
    (site / "loud.py").write_text(MODEL)
    install(site, "loud-models", {"loud-one": "loud:Plain", "quiet_one": "loud"})
    plugins = {plugin.name: plugin for plugin in available("models")}
    assert plugins["loud-one"].origin == "loud-models"
    assert "loud" not in sys.modules
    for name in ("loud-one", "loud_one"):
        assert model_source(name).name == "loud-one"
    assert model_source("quiet-one").name == "quiet_one"
    with pytest.raises(BenchError, match=r"did you mean quiet_one\?"):
        find("models", "quite_one")


@pytest.mark.parametrize("second", ["twin", "tw_in"])
def test_two_packages_of_one_name_are_an_error_that_names_both(site, second):
    first = "tw-in" if "_" in second else "twin"
    install(site, "first-pack", {first: "one:Model"})
    install(site, "second-pack", {second: "two:Model"})
    with pytest.raises(BenchError, match=rf"two packages declare the model '{second}'") as caught:
        find("models", second)
    assert "first-pack (one:Model)" in caught.value.problem
    assert "second-pack (two:Model)" in caught.value.problem
    assert [plugin.name.replace("-", "_") for plugin in available("models")].count(second) == 1
    assert model_source("knn").name == "knn"


@pytest.mark.parametrize("name", ["knn", "svm-rbf"])
def test_a_built_in_name_always_wins(site, name):
    install(site, "pretender", {name: "pretender:Model"})
    plain = name.replace("-", "_")
    assert find("models", name).target == f"baselines.{plain}"
    assert [plugin.origin for plugin in available("models") if plugin.name == plain] == ["built in"]
    assert "pretender" not in {plugin.origin for plugin in available("models")}


def test_groups_are_kept_apart(site):
    install(site, "data-pack", {"my_data": "data_pack"}, group="datasets")
    assert "my_data" in {plugin.name for plugin in available("datasets")}
    assert "my_data" not in {plugin.name for plugin in available("models")}
    (site / "data_pack.py").write_text("x = 1\n")
    with pytest.raises(BenchError, match=r"my_data holds no dataset; name a mgrbench\.Dataset DATASET"):
        load_dataset("my_data")


# Listing


def test_listing_imports_no_plugin_and_no_heavy_library(site):
    install(site, "loud-models", {"loud": "loud:Plain"})
    (site / "loud.py").write_text("raise SystemExit('imported by a listing')\n")
    code = (
        "import json, sys\n"
        "from mgrbench.cli import dispatch\n"
        "codes = [dispatch(['list', what, '--json']) for what in ('models', 'datasets', 'features')]\n"
        "print(json.dumps([codes, sorted(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(REPOSITORY)])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    codes, modules = json.loads(done.stdout.splitlines()[-1])
    assert codes == [0, 0, 0]
    assert '"loud"' in done.stdout
    plugins = {
        name
        for name in modules
        if name.startswith(("baselines.", "mgrbench.datasets.collections.", "mgrbench.features."))
    }
    assert plugins == set()
    assert not {"torch", "sklearn", "scipy", "librosa", "pandas", "joblib", "soundfile", "loud"} & set(
        modules
    )


def test_what_a_model_shares_with_others_counts_as_its_source(tmp_path, monkeypatch):
    package = tmp_path / "sharing"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_shared.py").write_text("WIDTH = 1\n")
    (package / "model.py").write_text(f"from sharing._shared import WIDTH\n{MODEL}")
    (package / "other.py").write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path)
    before = load("models", "sharing.model").source_sha256, load("models", "sharing.other").source_sha256
    (package / "_shared.py").write_text("WIDTH = 2\n")
    after = load("models", "sharing.model").source_sha256, load("models", "sharing.other").source_sha256
    assert before[0] != after[0]
    assert before[1] == after[1]


# A dataset's own functions

FALLS = '''
"""A dataset whose functions are its own."""
import dataclasses

from mgrbench import Dataset, Metadata, Track

def load(root):
    {load}

def identify(name):
    {identify}

DATASET = Dataset(
    name="mine", about="", genres=("a", "b"), sample_rate=22050, segment_seconds=1.0, segments_per_track=1,
    licence="", homepage="", citation="", load=load, identify=identify,
)

def read(root):
    {read}

if {metadata}:
    DATASET = dataclasses.replace(DATASET, metadata=Metadata(read, ("official",)))
'''
SOUND = {
    "load": "print('loading'); return [Track('one', 'a')]",
    "identify": "return name",
    "read": "return dataclasses.replace(DATASET, metadata=None)",
    "metadata": False,
}


def dataset_file(folder, **changed):
    file = folder / "mine.py"
    file.write_text(FALLS.format(**{**SOUND, **changed}))
    return str(file)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"load": "raise RuntimeError('out of\\nluck')"}, "mine failed while loading its tracks: Runtime"),
        ({"load": "import sys; sys.exit(3)"}, "mine failed while loading its tracks: SystemExit"),
        ({"load": "return None"}, "mine failed while loading its tracks: TypeError"),
        ({"load": "return ['one']"}, "mine gives a str where a track is wanted"),
        ({"load": "yield Track('one', 'a'); 1 / 0"}, "mine failed while loading its tracks: ZeroDiv"),
        ({"read": "return {}['x']", "metadata": True}, "mine failed while reading its metadata: KeyError"),
        (
            {"read": f"{SOUND['read']}", "load": "return 1 / 0", "metadata": True},
            "mine failed while loading its tracks: ZeroDiv",
        ),
    ],
)  # fmt: skip
def test_a_dataset_that_falls_over_is_one_line(tmp_path, changed, problem):
    name = dataset_file(tmp_path, **changed)
    line = refused("data", "info", name, "--root", tmp_path)
    assert problem in line
    assert problem in refused("split", "make", name, "--rule", "hash", "--name", "x", "--root", tmp_path)


def test_a_dataset_that_cannot_tell_a_name_is_one_line(tmp_path):
    name = dataset_file(tmp_path, identify="return [][0]")
    with pytest.raises(BenchError, match="mine failed while telling the track of a name: IndexError"):
        load_dataset(name).identify("two")


def test_a_sound_dataset_of_a_plugin_is_as_it_says(tmp_path):
    dataset = load_dataset(dataset_file(tmp_path))
    assert [track.id for track in dataset.tracks()] == ["one"]
    assert dataset.identify("x") == "x"
    result = done("data", "info", dataset_file(tmp_path), "--json")
    assert result.document["tracks"] == 1  # what it prints is not in the document
    assert "no split is called" in refused("run", "-m", "majority", "-d", dataset_file(tmp_path), "-s", "x")


def test_a_built_in_dataset_is_itself():
    from mgrbench.datasets.collections.gtzan import DATASET

    assert load_dataset("gtzan") is DATASET


@pytest.mark.parametrize(
    ("name", "expected"),
    [("svm_rbf", True), ("svm-rbf", True), ("nothing", False), ("os:system", False), ("os.path", False),
     ("./svm_rbf.py", False), ("baselines.svm_rbf", False), ("_neural", False), ("", False)],
)  # fmt: skip
def test_only_the_name_of_a_built_in_plugin_is_one(name, expected):
    assert is_built_in("models", name) is expected
