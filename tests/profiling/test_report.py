"""Tables and pictures of what was measured, on one machine and on several."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from mgrbench.core.types import BenchError, Score
from mgrbench.profiling.record import merged, read_sessions, to_json
from mgrbench.profiling.report.accuracies import read_accuracies
from mgrbench.profiling.report.plot import CostPoint, draw, front
from mgrbench.profiling.report.units import megabytes, ratios, seconds, times
from tests.support.helpers import done, refused
from tests.support.profiles import BOARD, row_of, session_of

# Tables


def test_the_tables_are_checked_and_written_again(folder):
    arguments = ("profile", "--all", "--out", "tables", "--readme", "README.md")
    assert "checked" in done(*arguments, "--check").out
    page = Path("tables/cost.md")
    text = page.read_text()
    page.write_text(text.replace("What the models cost", "What they cost"))
    assert "cost.md:1: is not what the stored measurements give" in refused(*arguments, "--check")
    done(*arguments, "--stored")
    assert page.read_text() == text
    readme = Path("README.md").read_text()
    assert readme.startswith("# Mine\n<!-- cost:begin -->\n")
    assert readme.endswith("<!-- cost:end -->\nafter\n")
    assert "| means | toy |" in readme
    assert "no figures to be quoted" in readme  # it was --quick
    Path("README.md").write_text("# Mine\n")
    assert "has no place for the costs" in refused(*arguments, "--check")


def test_accuracies_come_from_rows_that_can_be_believed(folder):
    found = read_accuracies(Path("tables"), "gtzan/artist3")
    session = read_sessions(Path("tables"))[0]
    values = [score.value if (score := found.of(row)) else None for row in session.rows]
    assert values == [0.4, 0.6, None]
    assert ".600 [.500, .700]" in Path("tables/cost.md").read_text()
    best = {row.model: (row.features, row.options) for row in found.best}
    assert best == {"tiny": (("toy2",), {"width": 8}), "means": (("toy",), {})}
    assert read_accuracies(Path("tables"), "gtzan/none").rows == {}
    Path("tables/gtzan/artist3.json").write_text('{"ranked": 3}')
    with pytest.raises(BenchError, match="is not a board"):
        read_accuracies(Path("tables"), "gtzan/artist3")


def test_every_figure_is_in_the_csv(folder):
    rows = list(csv.DictReader(Path("tables/cost.csv").read_text().splitlines()))
    assert [row["model"] for row in rows][-1] == "Broken"
    tiny = next(row for row in rows if row["model"] == "tiny")
    stored = next(row for row in read_sessions(Path("tables"))[0].rows if row.model == "tiny")
    assert float(tiny["step_p50"]) == pytest.approx(stored.step.p50, rel=1e-5)
    assert tiny["flops"] == str(stored.counts.flops)
    assert tiny["clips_ratio"] == "1"
    assert tiny["joules_per_clip"] == ""


def test_pictures_are_the_same_each_time(folder):
    pytest.importorskip("matplotlib")
    before = {name: Path(f"tables/{name}").read_bytes() for name in ("cost.png", "cost.svg")}
    assert before["cost.png"].startswith(b"\x89PNG")
    done("profile", "--stored", "--out", "tables")
    assert {name: Path(f"tables/{name}").read_bytes() for name in before} == before


def test_one_point_is_no_picture_and_an_old_picture_goes(folder):
    pytest.importorskip("matplotlib")
    board = BOARD | {"ranked": BOARD["ranked"][-1:]}
    Path("tables/gtzan/artist3.json").write_text(json.dumps(board))
    Path("tables/cost-2.svg").write_text("<svg/>")
    Path("tables/cost-of-mine.svg").write_text("<svg/>")
    done("profile", "--stored", "--out", "tables")
    assert sorted(path.name for path in Path("tables").glob("cost*.*g")) == ["cost-of-mine.svg"]
    assert "](cost" not in Path("tables/cost.md").read_text()


@pytest.mark.parametrize("ends", [(2.1, 2.4), (3.0, 8.0), (0.7, 60.0), (0.01, 300.0)])
def test_times_are_named_however_near_they_are(ends):
    pytest.importorskip("matplotlib")
    score = Score(value=0.5, low=0.4, high=0.6)
    figure = draw([CostPoint(f"at {ms}", ms, (ms, ms), score) for ms in ends], "gtzan/artist3")
    figure.canvas.draw()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    named = [label.get_text() for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert len([text for text in named if text]) > 1


def test_a_damaged_record_is_refused(folder):
    for text, said in (
        ("{", "is no JSON"),
        ('{"schema_version": 9}', "is no table of costs of this version"),
    ):
        Path("tables/cost.json").write_text(text)
        assert said in refused("profile", "--check", "--out", "tables")
    Path("tables/cost.json").write_text('{"schema_version": 1, "sessions": [{}]}')
    assert "is no valid table of costs" in refused("profile", "--check", "--out", "tables")


def test_the_terminal_table_fits(folder):
    from rich.console import Console

    from mgrbench.cli.profile_screen import draw_profile

    screen = Console(width=80, record=True, file=io.StringIO())
    draw_profile(screen, read_sessions(Path("tables"))[0], [])
    text = screen.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "Broken: failed: " in text
    assert "0.00000" in text  # operations of the small network, in thousands of millions


# Machines, and names that are hostile


def test_machines_have_sections_of_their_own_and_replace_themselves(tmp_path):
    first = session_of(row_of("one", 4.0), row_of("two", 1.0))
    other = session_of(row_of("one", 0.4), row_of("two", 0.2), cpu="b")
    both = merged(merged([], first), other)
    assert len(both) == 2
    again = session_of(row_of("one", 8.0))
    assert merged(both, again) == [again, other]
    for field, value in (("threads", 2), ("device", "cuda"), ("precision", "bf16"), ("compiled", True)):
        assert len(merged([first], session_of(row_of("one", 1.0), **{field: value}))) == 2
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.tables import markdown

    page = markdown(both, Accuracies("", {}))
    place = [page.index(f"## {name}, 1 thread") for name in "ab"]
    sections = page[place[0] : place[1]], page[place[1] :]
    for section, ratio in zip(sections, ("0.25 ×", "0.5 ×"), strict=True):
        lines = [line for line in section.splitlines() if line.startswith(("| one ", "| two "))]
        assert lines[0].startswith("| two ")  # the faster first
        assert ratio in lines[0]
    assert read_sessions(tmp_path) == []


def test_a_name_stays_a_name(tmp_path):
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.tables import markdown, to_csv

    session = session_of(row_of("one", 1.0), row_of("=cmd|' /C <b>*x*", 2.0))
    assert "=cmd\\|' /C \\<b\\>\\*x\\*" in markdown([session], Accuracies("", {}))
    assert "'=cmd" in to_csv([session], Accuracies("", {}))
    Path(tmp_path / "cost.json").write_text(to_json([session]))
    assert read_sessions(tmp_path) == [session]


def test_ratios_to_nothing_are_null():
    assert set(ratios(row_of("two", 1.0), None).values()) == {None}
    assert session_of(row_of("one", error="failed")).reference_row() is None


def test_points_say_features_and_options_only_where_they_tell_rows_apart():
    from mgrbench.profiling.report.accuracies import Accuracies
    from mgrbench.profiling.report.plot import points

    rows = [
        row_of("one", 1.0, options={"a": 1}),
        row_of("two", 2.0),
        row_of("two", 3.0, options={"b": 2}),
        row_of("two", 4.0, features=("other",)),
    ]
    scores = {(row.model, row.features, json.dumps(row.options)): Score(value=0.5) for row in rows}
    drawn = points(session_of(*rows), Accuracies("toy/toy", scores))
    assert [point.name for point in drawn] == ["one", "two, toy", "two (b=2), toy", "two, other"]


def test_the_pareto_front_by_hand():
    def point(name, time, accuracy):
        return CostPoint(name, time, (time, time), Score(value=accuracy))

    points = [
        point("slow", 9.0, 0.9), point("fast", 1.0, 0.5), point("beaten", 5.0, 0.6), point("good", 4.0, 0.7),
        point("twin", 4.0, 0.6), point("late", 6.0, 0.7),
    ]  # fmt: skip
    assert [one.name for one in front(points)] == ["fast", "good", "slow"]
    for one in points:
        beaten = any(
            (other.time <= one.time and other.accuracy.value > one.accuracy.value)
            or (other.time < one.time and other.accuracy.value >= one.accuracy.value)
            for other in points
        )
        assert (one in front(points)) is not beaten


def test_words():
    assert [seconds(value) for value in (None, 2.5, 0.0123, 4.5e-6, 0.99999, 1234.0)] == [
        "–", "2.5 s", "12.3 ms", "4.5 µs", "1,000 ms", "1,234 s",
    ]  # fmt: skip
    assert [megabytes(value) for value in (None, 1_234_000_000, 480)] == ["–", "1,234 MB", "0.00048 MB"]
    assert [times(value) for value in (None, 0.25, 12345.0)] == ["–", "0.25 ×", "12,345 ×"]
