"""Options: declared once, checked at the door, and read from the source as they are from the class."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

import mgrbench
from mgrbench import BenchError, fixed, option
from mgrbench.models.declared import declared_options
from mgrbench.models.options import Option, chosen_options, options_of
from mgrbench.models.source import model_source
from tests.support.helpers import write_plugin

PLUGIN = '''"""A model with declared options."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mgrbench import fixed, option

SELECTION = "none"


@dataclass(frozen=True)
class Options:
    epochs: int = option(20, "Passes over the training part.", least=1)
    patience: int = fixed(0)
    rate: float | str = option(0.5, "Share of what is kept.", above=0, most=1, choices=("all",))
    loud: bool = option(False, "Say more.")


class Model:
    def __init__(self, n_genres, options):
        self.n_genres, self.options = n_genres, options

    def fit(self, train, valid):
        pass

    def predict_proba(self, inputs):
        return np.full((len(inputs), self.n_genres), 1 / self.n_genres)


def build(n_genres, seed, device, options):
    return Model(n_genres, options)
'''


@dataclass(frozen=True)
class Base:
    epochs: int = option(10, "Passes over the training part.", least=1)
    patience: int = option(3, "Epochs without improvement.", least=0)


@dataclass(frozen=True)
class Options(Base):
    epochs: int = 20
    patience: int = fixed(0)
    gamma: float | str = option("scale", "Width.", least=0, choices=("scale", "auto"))
    share: float = option(0.5, "Share of what is kept.", above=0, most=1)
    leaves: int | None = option(8, "Leaves of a tree.", least=2)
    kind: str = option("gmm", "Classifier.", choices=("gmm", "knn"))
    layers: str = option("12345", "Layers to use.")
    scale: bool | str = option("search", "Scale the values.", choices=("search",))
    loud: bool = option(False, "Say more.")


KNOWN = options_of(Options, "it")


def read(**given):
    return chosen_options(Options, KNOWN, given)


def test_a_class_that_changes_a_default_keeps_the_rest_and_one_that_is_fixed_is_gone():
    assert [one.name for one in KNOWN] == [
        "epochs", "gamma", "share", "leaves", "kind", "layers", "scale", "loud",
    ]  # fmt: skip
    assert KNOWN[0] == Option("epochs", "int", 20, "Passes over the training part.", least=1)
    assert read().patience == 0
    assert options_of(Base, "it")[1].default == 3


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("epochs", 3, 3),
        ("gamma", 2, 2),
        ("gamma", 0.25, 0.25),
        ("gamma", "auto", "auto"),
        ("share", 1, 1),
        ("leaves", None, None),
        ("layers", 13, "13"),
        ("layers", "on", "on"),
        ("scale", "off", False),
        ("scale", True, True),
        ("scale", "search", "search"),
        ("loud", "on", True),
        ("loud", False, False),
    ],
)
def test_what_a_user_gives_is_converted(name, given, value):
    got = getattr(read(**{name: given}), name)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "given", "line"),
    [
        ("epochs", 0, "epochs is 0; give a whole number from 1"),
        ("epochs", 2.0, "epochs is 2.0; give a whole number from 1"),
        ("epochs", True, "epochs is True; give a whole number from 1"),
        ("epochs", "3", "epochs is '3'; give a whole number from 1"),
        ("epochs", [3], "epochs is [3]; give a whole number from 1"),
        ("epochs", None, "epochs is None; give a whole number from 1"),
        ("gamma", -1, "gamma is -1; give a number from 0, scale or auto"),
        ("gamma", "Scale", "gamma is 'Scale'; give a number from 0, scale or auto"),
        ("gamma", math.nan, "gamma is nan; give a number from 0, scale or auto"),
        ("gamma", math.inf, "gamma is inf; give a number from 0, scale or auto"),
        ("share", 0, "share is 0; give a number above 0 up to 1"),
        ("share", 1.5, "share is 1.5; give a number above 0 up to 1"),
        ("leaves", 1, "leaves is 1; give a whole number from 2 or null"),
        ("kind", "svm", "kind is 'svm'; choose from gmm, knn"),
        ("kind", 3, "kind is 3; choose from gmm, knn"),
        ("layers", True, "layers is True; give text"),
        ("scale", "yes", "scale is 'yes'; say on, off or search"),
        ("scale", 1, "scale is 1; say on, off or search"),
        ("loud", "no", "loud is 'no'; say on or off"),
        ("loud", 0, "loud is 0; say on or off"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(name, given, line):
    with pytest.raises(BenchError) as caught:
        read(**{name: given})
    assert str(caught.value) == line


def test_a_whole_number_beyond_all_floats_is_refused():
    with pytest.raises(BenchError, match="share is 1000"):
        read(share=10**400)


def test_json_says_what_is_allowed():
    gamma, leaves = KNOWN[1].as_json(), KNOWN[3].as_json()
    assert gamma == {
        "name": "gamma", "type": "float | str", "default": "scale", "choices": ["scale", "auto"],
        "range": {"least": 0}, "about": "Width.",
    }  # fmt: skip
    assert (leaves["type"], leaves["choices"], leaves["range"]) == ("int | None", None, {"least": 2})
    assert KNOWN[-1].as_json()["range"] is None


# Plugins of a user


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plugin_gets_an_instance_of_its_options(place):
    write_plugin(place / "mine.py", PLUGIN)
    source = model_source("./mine.py")
    assert source.defaults() == {"epochs": 20, "rate": 0.5, "loud": False}
    options = source.build(3, 0, "cpu", {"loud": "on", "rate": 1}).options
    assert (options.epochs, options.patience, options.rate, options.loud) == (20, 0, 1, True)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"epoch": 1},
            "mine has no option 'epoch'; did you mean epochs? its options are: epochs=20, rate=0.5, loud=off",
        ),
        ({"zzz": 1}, "mine has no option 'zzz'; its options are: epochs=20, rate=0.5, loud=off"),
        ({"patience": 1}, "mine has no option 'patience'; its options are: epochs=20, rate=0.5, loud=off"),
        ({"rate": 0}, "rate is 0; give a number above 0 up to 1 or all"),
    ],
)
def test_a_misspelt_option_names_the_nearest_and_all(place, given, line):
    write_plugin(place / "mine.py", PLUGIN)
    with pytest.raises(BenchError) as caught:
        model_source("./mine.py").build(3, 0, "cpu", given)
    assert str(caught.value) == line


def test_a_build_function_by_itself_has_the_options_of_its_module(place):
    from baselines import svm_rbf

    source = model_source(svm_rbf.build)
    assert source.defaults() == {"C": 10.0, "gamma": "scale"}
    with pytest.raises(BenchError, match="C is 0"):
        source.build(3, 0, "cpu", {"C": 0})
    write_plugin(place / "mine.py", PLUGIN)
    assert model_source("./mine.py:build").build(3, 0, "cpu", {"rate": "all"}).options.rate == "all"


def test_options_by_name_are_read_from_the_signature(place):
    by_name = PLUGIN.replace("device, options)", "device, *, width=64, wide=None)")
    by_name = by_name.replace("n_genres, options)\n", "n_genres, (width, wide))\n")
    write_plugin(place / "old.py", by_name)
    source = model_source("./old.py")
    assert source.defaults() == {"width": 64, "wide": None}
    assert source.build(3, 0, "cpu", {"width": "any"}).options == ("any", None)
    with pytest.raises(BenchError, match=r"'widht'; did you mean width\?.*width=64, wide=null"):
        source.build(3, 0, "cpu", {"widht": 1})


def test_a_class_called_options_that_build_does_not_take_is_no_matter(place):
    write_plugin(place / "old.py", PLUGIN.replace("device, options)", "device, *, width=64)").replace(
        "n_genres, options)\n", "n_genres, width)\n"
    ))  # fmt: skip
    assert model_source("./old.py").defaults() == {"width": 64}


FAULTS = {
    "not frozen": ("frozen=True", "frozen=False", "no frozen dataclass"),
    "no dataclass": ("@dataclass(frozen=True)\nclass Options", "class Options", "no frozen dataclass"),
    "not declared": ('option(False, "Say more.")', "False", "Options.loud is not declared as an option"),
    "a list": ("loud: bool", "loud: list[int]", "Options.loud has the type list"),
    "a bad default": ("option(0.5,", "option(2.5,", "Options.rate has the default 2.5; give it a number"),
    "an unknown type": ("loud: bool", "loud: Loud", "NameError"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_declaration_names_the_plugin_and_the_field(place, fault):
    old, new, needle = FAULTS[fault]
    assert old in PLUGIN
    write_plugin(place / "mine.py", PLUGIN.replace(old, new))
    with pytest.raises(BenchError) as caught:
        model_source("./mine.py")
    assert needle in str(caught.value)
    assert str(caught.value).startswith("mine")


def test_a_default_without_json_does_not_break_the_check():
    assert json.dumps([Option("x", default=value).as_json() for value in (math.inf, SimpleNamespace())])


# Reading the source


def package(place, monkeypatch, **modules):
    folder = place / "shop"
    folder.mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(place))


def test_options_are_read_from_a_source_that_cannot_be_imported(place, monkeypatch):
    text = "import nothing_of_this_name\n" + PLUGIN.replace("from __future__ import annotations", "")
    heirs = "from shop.one import Options as Former\n\n\nclass Options(Former):\n    loud: bool = True\n"
    package(place, monkeypatch, one=text, two=heirs, three="from shop.one import Options\n", four="x = 1\n")
    one = declared_options("shop.one")
    assert [option.name for option in one] == ["epochs", "rate", "loud"]
    assert one[1] == Option(
        "rate", "float | str", 0.5, "Share of what is kept.", above=0, most=1, choices=("all",)
    )
    assert [option.default for option in declared_options("shop.two")] == [20, 0.5, True]
    assert declared_options("shop.three") == one
    assert declared_options("shop.four") == ()


@pytest.mark.parametrize("text", ["def f(:", "class Options:\n    x: int = option(A, 'b')", b"x = '\xff'"])
def test_a_source_without_literal_options_gives_none(place, monkeypatch, text):
    package(place, monkeypatch)
    (place / "shop" / "one.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert declared_options("shop.one") is None
    assert declared_options("shop.nothing") is None


def test_the_facade_offers_what_a_declaration_needs():
    assert {"option", "fixed"} <= set(mgrbench.__all__)
