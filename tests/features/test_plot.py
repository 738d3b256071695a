"""Drawings of a clip: what their axes say is true, and what cannot be drawn is refused in one line."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.plotting import DPI, ONE_COLUMN, STYLE, TWO_COLUMNS
from mgrbench.core.types import BenchError, Track
from mgrbench.features.panels import Panel, Sheet, sheet
from mgrbench.features.plot import draw, png, ticks
from tests.support.helpers import cli, done, refused

mpl = pytest.importorskip("matplotlib")
pytest.importorskip("matplotlib.style")

RATE = 22050
SECONDS = 3.0
FEATURES = ("mel", "cqt", "harmonic", "percussive", "scatter")

DATASET = """
from mgrbench import Dataset, Track

def load(root):
    if root is None:
        return (Track("one", "a"), Track("two", "a"))
    return (Track("one", "a", "one.wav", artist="x-y;z"),)

DATASET = Dataset(
    name="toys", about="", genres=("a",), sample_rate=22050, segment_seconds=3.0, segments_per_track=3,
    licence="", homepage="", citation="", load=load, identify=lambda name: name.split(".")[0],
)
"""

FEATURE = '''
"""Three bins, no frequencies."""
import numpy as np
from mgrbench import FeatureSpec

SPEC = FeatureSpec("plain", "about", (None, 3), {}, ())

def extract(clips):
    return np.stack([np.stack([np.arange(15.0).reshape(5, 3)] * clip.segments_per_track) for clip in clips])
'''


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A folder with a dataset of one clip: three segments of a tone of 0.5, 1 and 2 kHz."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "toys.py").write_text(DATASET)
    time = np.arange(round(SECONDS * RATE)) / RATE
    tones = [0.5 * np.sin(2 * np.pi * hertz * time) for hertz in (500, 1000, 2000)]
    soundfile.write(folder / "one.wav", np.concatenate(tones), RATE, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def toys(clips):
    """Features of a segment of the clip, computed once."""

    @functools.cache
    def computed(feature: str, segment: int | None = None) -> Sheet:
        return sheet(load_dataset(str(clips / "toys.py")), "one", clips, [feature], segment)

    return computed


@pytest.fixture
def home(clips, tmp_path, monkeypatch):
    """A copy of that folder, to work in."""
    shutil.copytree(clips, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def labelled(axes) -> dict[str, float]:
    """What is written on the axis of frequencies, and where."""
    labels = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(labels, axes.get_yticks(), strict=True))


def brightest(axes) -> int:
    """The row of the image with the largest values in the middle of the segment."""
    image = axes.images[0].get_array()
    return int(image[:, image.shape[1] // 4 : -image.shape[1] // 4].mean(axis=1).argmax())


# Axes


@pytest.mark.parametrize(("segment", "label"), [(1, "500"), (2, "1k"), (3, "2k")])
@pytest.mark.parametrize("feature", ["mel", "cqt", "scatter"])
def test_the_brightest_row_of_a_tone_is_labelled_with_its_frequency(toys, feature, segment, label):
    figure = draw(toys(feature, segment=segment))
    (axes,) = [axes for axes in figure.axes if axes.get_ylabel() in {"frequency (Hz)", "order 1 (Hz)"}]
    assert labelled(axes)[label] == pytest.approx(brightest(axes), abs=0.75)


@pytest.mark.parametrize("feature", ["harmonic", "harmonic_released"])
def test_the_linear_axis_says_where_2_khz_are(toys, feature):
    axes = draw(toys(feature, segment=3)).axes[0]
    assert labelled(axes)["2k"] == pytest.approx(brightest(axes), abs=0.75)
    assert list(labelled(axes)) == ["0", "2k", "4k", "6k", "8k", "10k"]
    assert np.allclose(np.diff(list(labelled(axes).values())), 2000 / (RATE / 512))


def test_second_order_lies_at_its_carrier(toys):
    (axes,) = [axes for axes in draw(toys("scatter")).axes if axes.get_ylabel() == "order 2, carrier (Hz)"]
    carriers = toys("scatter").panels[0].hertz[56:][::-1]
    for label, hertz in (("100", 100), ("1k", 1000), ("5k", 5000)):
        assert carriers[round(labelled(axes)[label])] == pytest.approx(hertz, rel=0.13)  # a filter's distance


@pytest.mark.parametrize("feature", FEATURES)
def test_time_is_in_seconds(toys, feature):
    axes = draw(toys(feature)).axes[0]
    left, right, *_ = axes.images[0].get_extent()
    assert (left, right) == pytest.approx((-512 / RATE, (64 + 0.5) * 1024 / RATE))
    assert axes.get_xlim() == pytest.approx((0, SECONDS), abs=0.03)
    assert {1, 2, 3} <= set(axes.get_xticks())


@pytest.mark.parametrize(
    "hertz",
    [np.geomspace(30, 9000, 60), np.linspace(0, 11025, 257), np.geomspace(50, 60, 5), np.linspace(3, 9, 7)],
)
def test_ticks_stand_where_their_frequency_is(hertz):
    positions, labels = ticks(hertz)
    named = [float(label.replace("k", "")) * (1000 if "k" in label else 1) for label in labels]
    assert np.allclose(np.interp(positions, np.arange(len(hertz)), hertz), named, rtol=0.01)
    assert (np.diff(positions) >= 0.08 * len(hertz)).all()
    assert labels == sorted(labels, key=lambda label: named[labels.index(label)])


# The file


def test_a_png_of_all_features_for_two_columns(home):
    result = done("features", "plot", "./toys.py", "one", "--root", ".", "--json").document
    assert result["file"] == "one.png"
    assert result["segment"] == 2
    assert sorted(result["features"]) == sorted(FEATURES)
    raw = (home / "one.png").read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(raw[start : start + 4]) for start in (16, 20))
    assert width == round(TWO_COLUMNS * DPI)
    assert 0.4 < height / width < 1


def test_one_feature_fits_one_column(toys):
    with mpl.style.context(["default", STYLE]):
        drawing = draw(toys("cqt"))
    assert drawing.get_size_inches()[0] == ONE_COLUMN
    assert drawing.get_suptitle().replace("\xa0", " ") == "one · a · x-y, z · segment 2 of 3"
    sizes = {text.get_fontsize() for axes in drawing.axes for text in axes.get_xticklabels()}
    assert sizes == {7}
    assert drawing.axes[-1].get_ylabel() == "ln magnitude"


def test_the_same_clip_gives_the_same_bytes(toys):
    drawn = toys("mel")
    assert png(drawn) == png(drawn)


def test_silence_and_long_names_can_be_drawn():
    track = Track("$x_1$" * 30, "a" * 40, artist="long-name;" * 30)
    silent = Panel("mel", np.full((216, 3), -23, np.float32), 0.046, np.array([100.0, 1000.0, 5000.0]))
    assert png(Sheet(track, 1, 1, (silent,), ()))


def test_settings_of_the_user_are_left_alone(toys):
    before = dict(mpl.rcParams)
    assert png(toys("mel"))
    assert dict(mpl.rcParams) == before


def test_a_feature_without_frequencies_has_an_axis_of_bins(home):
    (home / "plain.py").write_text(FEATURE)
    drawn = sheet(load_dataset("./toys.py"), "one", home, ["./plain.py"])
    axes = draw(drawn).axes[0]
    assert axes.get_ylabel() == "bin"
    assert drawn.panels[0].hop == pytest.approx(SECONDS / 5)
    assert axes.images[0].get_array()[2, 4] == 14


def test_a_feature_of_the_whole_clip_has_its_length(home):
    (home / "plain.py").write_text(
        FEATURE.replace("{}, ()", "{}, (), per_clip=True").replace("clip.segments_per_track", "1")
    )
    drawn = sheet(load_dataset("./toys.py"), "one", home, ["./plain.py"])
    assert drawn.panels[0].hop == pytest.approx(3 * SECONDS / 5)


# Choosing and refusing


def test_vectors_are_left_out_with_a_note(home):
    result = cli("features", "plot", "./toys.py", "one", "--root", ".", "-f", "rhythm", "-f", "cqt")
    assert (result.code, result.out) == (0, "one.png: cqt\n")
    assert result.err == "rhythm is left out: it has no axes of time and frequency\n"


@pytest.mark.parametrize(
    ("words", "needles"),
    [
        (("one", "-f", "rhythm", "-f", "timbre"), ["rhythm, timbre: no axis of time", "mel"]),
        (("one", "-f", "mle"), ["no feature is called 'mle'", "did you mean mel?"]),
        (("one", "--segment", "4"), ["no segment 4", "segments 1 to 3"]),
        (("one", "--segment", "0"), ["no segment 0", "segments 1 to 3"]),
        (("two",), ["no audio of track two", "--root"]),
        (("onne",), ["no track 'onne'", "did you mean one?"]),
        (("one", "--out", "x.pdf"), ["x.pdf: only PNG", ".png"]),
        (("one", "-f", "cqt", "--out", "toys.py/x.png"), ["cannot be written", "another place"]),
    ],
)
def test_what_cannot_be_drawn_is_refused(home, words, needles):
    line = refused("features", "plot", "./toys.py", *words, "--root", ".")
    assert all(needle in line for needle in needles), line
    assert not list(home.glob("*.png"))


def test_frequencies_must_fit_the_bins(home):
    (home / "plain.py").write_text(FEATURE + "\n\ndef frequencies():\n    return [1.0, 2.0]\n")
    with pytest.raises(BenchError, match=r"plain has 3 bins and gives frequencies of shape \(2,\)"):
        sheet(load_dataset("./toys.py"), "one", home, ["./plain.py"])


def test_without_matplotlib_it_says_how_to_get_it(home, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.setitem(sys.modules, name, None)
    line = refused("features", "plot", "./toys.py", "one", "--root", ".", "-f", "cqt")
    assert "needs matplotlib" in line
    assert "pip install 'mgrbench[plots]'" in line


def test_nothing_imports_matplotlib_until_it_draws():
    script = "import sys, mgrbench.features.plot, mgrbench.cli.features; print('matplotlib' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"
