"""Extraction: from generated clips to stored features, resumable, the same by one process or several."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mgrbench.core.audio import decode
from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.processes import Workers
from mgrbench.core.types import BenchError
from mgrbench.features.extract import REPORT_FILE, extract, manifest_of
from mgrbench.features.store import FeatureStore

DATASET = """
from pathlib import Path

from mgrbench import Dataset, Track

IDS = tuple(f"{genre}{number:02d}" for genre in "ab" for number in range(10))


def load(root):
    found = IDS if root is None else [track for track in IDS if (root / f"{track}.wav").exists()]
    return tuple(Track(track, track[0], path=None if root is None else f"{track}.wav") for track in found)


DATASET = Dataset(
    name="toys", about="", genres=("a", "b"), sample_rate=8000, segment_seconds=0.1, segments_per_track=2,
    licence="", homepage="", citation="", load=load, identify=lambda name: Path(name).stem,
)
"""

FEATURE = '''
"""Energy and a few samples of every segment."""
from pathlib import Path

import numpy as np

from mgrbench import FeatureSpec

SPEC = FeatureSpec("loudness", "about", (4,), {"power": 2}, ("numpy",))


def extract(clips):
    with Path(__file__).with_suffix(".log").open("a") as log:
        log.writelines(f"{clip.id}\\n" for clip in clips)
    return np.stack([np.column_stack([(c.segments() ** 2).mean(1), c.segments()[:, :3]]) for c in clips])
'''


@pytest.fixture
def home(tmp_path):
    """A folder with a dataset of 20 tracks, a feature, and the clips of 12 of the tracks."""
    (tmp_path / "toys.py").write_text(DATASET)
    (tmp_path / "loud.py").write_text(FEATURE)
    for track in range(12):
        write_clip(tmp_path, f"{'ab'[track % 2]}{track // 2:02d}", track)
    return tmp_path


def write_clip(home: Path, track: str, seed: int = 0) -> None:
    (home / "audio").mkdir(exist_ok=True)
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, 2000)
    soundfile.write(home / "audio" / f"{track}.wav", samples, 8000, subtype="FLOAT")


def run(home: Path, *features: str, store: str = "store", **more):
    return extract(
        load_dataset(str(home / "toys.py")),
        [str(home / feature) for feature in features or ("loud.py",)],
        home / "audio",
        store=FeatureStore(home / store),
        **more,
    )


def opened(home: Path, feature: str = "loudness", store: str = "store"):
    return FeatureStore(home / store).open("toys", feature)


def computed_clips(home: Path) -> list[str]:
    """Ids of the clips that the feature was asked for, one for each time."""
    log = home / "loud.log"
    return log.read_text().split() if log.exists() else []


# What is computed


def test_every_clip_is_computed_once_and_stored_as_it_was(home):
    done = run(home)
    found = sorted(path.stem for path in (home / "audio").iterdir())
    assert (done.dataset, done.computed, done.stored, done.problems) == (
        "toys",
        {"loudness": 12},
        {"loudness": 12},
        (),
    )
    assert done.missing == tuple(f"{genre}{number:02d}" for genre in "ab" for number in range(6, 10))
    assert sorted(computed_clips(home)) == found
    stored = opened(home)
    assert list(stored.ids) == found
    for track in found:
        samples = decode(home / "audio" / f"{track}.wav")[0]
        pieces = samples[:1600].reshape(2, 800)
        expected = np.column_stack([(pieces**2).mean(1), pieces[:, :3]]).astype(np.float32)
        assert stored.rows([track])[0].tobytes() == expected.tobytes()
    assert len(set(stored.sources.values())) == 12
    assert json.loads(json.dumps(done.to_dict()))["stored"] == {"loudness": 12}


def test_several_processes_give_what_one_gives(home):
    one, two = run(home, store="one"), run(home, store="two", jobs=2)
    assert one == two
    first, second = opened(home, store="one"), opened(home, store="two")
    assert first.manifest == second.manifest
    assert (first.checks, first.sources) == (second.checks, second.sources)
    assert first.rows(first.ids).tobytes() == second.rows(second.ids).tobytes()


def test_progress_is_told_up_to_the_end(home):
    told = []
    run(home, on_clip=lambda done, total: told.append((done, total)))
    assert [total for _, total in told] == [12] * len(told)
    assert told[-1] == (12, 12)
    assert told == sorted(told)


# Going on


def test_a_second_extraction_computes_only_what_is_lacking(home):
    run(home)
    write_clip(home, "b09")
    done = run(home)
    assert (done.computed, done.stored) == ({"loudness": 1}, {"loudness": 13})
    assert computed_clips(home)[12:] == ["b09"]
    assert run(home).computed == {"loudness": 0}


def test_an_interrupted_extraction_goes_on_where_it_stopped(home):
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(home, on_clip=interrupt)
    before = opened(home).ids
    assert 0 < len(before) < 12
    done = run(home)
    assert done.computed == {"loudness": 12 - len(before)}
    run(home, store="whole")
    assert (
        opened(home).rows(opened(home).ids).tobytes()
        == opened(home, store="whole").rows(opened(home).ids).tobytes()
    )


def test_replace_computes_again_what_is_there_and_keeps_what_has_no_audio(home):
    run(home)
    before = opened(home).rows(["a00", "a01"])
    (home / "audio" / "a00.wav").unlink()
    write_clip(home, "a01", seed=99)
    assert run(home).computed == {"loudness": 0}
    assert run(home, replace=True).computed == {"loudness": 11}
    after = opened(home).rows(["a00", "a01"])
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("loud.py", '{"power": 2}', '{"power": 3}'),
        ("loud.py", '("numpy",))', '("numpy",), version=2)'),
        ("loud.py", "(c.segments() ** 2)", "abs(c.segments())"),
        ("toys.py", "segment_seconds=0.1", "segment_seconds=0.05"),
        ("toys.py", "sample_rate=8000", "sample_rate=4000"),
    ],
)
def test_values_of_another_making_are_refused_until_they_may_be_replaced(home, file, old, new):
    run(home)
    before = opened(home).rows(["a00"])
    text = (home / file).read_text()
    assert old in text
    (home / file).write_text(text.replace(old, new))
    with pytest.raises(
        BenchError, match=r"loudness of toys is stored as made by other settings or versions; add --re"
    ):
        run(home)
    assert np.array_equal(opened(home).rows(["a00"]), before)
    assert run(home, replace=True).computed == {"loudness": 12}
    fresh = run(home, store="fresh")
    assert fresh.stored == {"loudness": 12}
    assert np.array_equal(opened(home).rows(["a00"]), opened(home, store="fresh").rows(["a00"]))


def test_a_plugin_that_changes_its_shape_can_be_extracted_again(home):
    run(home)
    text = (home / "loud.py").read_text()
    (home / "loud.py").write_text(text.replace("(4,)", "(3,)").replace("[:, :3]", "[:, :2]"))
    run(home, replace=True)
    assert opened(home).values.shape == (20, 2, 3)


def test_the_manifest_says_what_the_values_depend_on(home):
    dataset = load_dataset(str(home / "toys.py"))
    about = manifest_of(dataset, str(home / "loud.py"), ()).about
    assert about["parameters"] == {"power": 2}
    assert about["libraries"] == {"numpy": np.__version__}
    assert about["segments"] == {"sample_rate": 8000, "segment_seconds": 0.1, "segments_per_track": 2}
    assert len(about["source_sha256"]) == 64
    built_in = manifest_of(dataset, "melstats", ())
    assert "source_sha256" not in built_in.about
    assert (built_in.feature, built_in.kind) == ("melstats", "computed")


# Problems


def test_spoilt_clips_are_listed_and_the_others_are_computed(home):
    (home / "audio" / "a00.wav").write_bytes(b"")
    (home / "audio" / "b03.wav").write_text("this is no audio")
    samples = np.zeros(2000)
    samples[5] = np.nan
    soundfile.write(home / "audio" / "b05.wav", samples, 8000, subtype="FLOAT")
    done = run(home, jobs=2)
    problems = {problem.track_id: problem.detail for problem in done.problems}
    assert list(problems) == ["a00", "b03", "b05"]
    assert "a00.wav: is empty (0 bytes)" in problems["a00"]
    assert "is not audio" in problems["b03"]
    assert "NaN" in problems["b05"]
    assert (done.computed, len(opened(home).ids)) == ({"loudness": 9}, 9)
    assert set(problems).isdisjoint(opened(home).ids)
    write_clip(home, "a00")
    assert run(home).computed == {"loudness": 1}


def test_where_no_clip_can_be_computed_it_is_an_error(home):
    for path in (home / "audio").iterdir():
        path.write_bytes(b"")
    with pytest.raises(BenchError, match=r"is empty \(0 bytes\).*\(and so on for 12 clips\)"):
        run(home)
    assert FeatureStore(home / "store").features("toys") == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "raise KeyError('tempo')",
            r"broken failed while computing a00: KeyError: 'tempo' \(broken\.py:\d+\)",
        ),
        (
            "return np.ones((1, 2, 5))",
            r"broken of a00 has the shape \(1, 2, 5\); extract gives .*here \(1, 2, 4\)",
        ),
        ("return np.ones((1, 3, 4))", r"broken of a00 has the shape \(1, 3, 4\)"),
        ("return np.ones((2, 4))", r"broken of a00 has the shape \(2, 4\)"),
        ("return np.float32(1)", r"broken of a00 has the shape \(\)"),
        ("return None", r"broken of a00 has the shape \(\)"),
        ("return []", r"broken of a00 has the shape \(0,\)"),
        ("return np.full((1, 2, 4), np.nan)", r"broken of a00 has values that are not finite"),
        ("return np.full((1, 2, 4), 1e300)", r"broken of a00 has values that are not finite"),
        ("return np.full((1, 2, 4), 'x')", r"broken failed while computing a00: ValueError"),
        ("clips[0].samples[0] = 1", r"broken failed while computing a00: ValueError: .*read-only"),
        ("import sys; sys.exit(1)", r"broken failed while computing a00: SystemExit"),
    ],
)
def test_a_feature_that_breaks_its_contract_is_named_and_spoils_no_other(home, body, problem):
    head, _, _ = FEATURE.partition("def extract")
    text = head.replace('"loudness"', '"broken"') + f"def extract(clips):\n    {body}\n"
    (home / "broken.py").write_text(text)
    with pytest.raises(BenchError, match=problem) as caught:
        run(home, "broken.py")
    assert "\n" not in str(caught.value)
    done = run(home, "broken.py", "loud.py")
    assert done.stored == {"broken": 0, "loudness": 12}
    assert len(done.problems) == 12
    assert FeatureStore(home / "store").features("toys") == ["loudness"]


def broken_feature(home: Path, body: str = "raise KeyError('tempo')", settings: str = "") -> None:
    """A feature that logs the clips that it is asked for, and then does this."""
    head, _, _ = FEATURE.replace('"loudness"', '"broken"').partition("    return")
    text = head.replace('("numpy",))', f'("numpy",){settings})')
    (home / "broken.py").write_text(f"{text}    {body}\n")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_feature_that_cannot_work_fails_on_the_first_clips_and_leaves_nothing(home, jobs):
    for number in range(12, 40):
        write_clip(home, f"a{number:02d}")
    (home / "toys.py").write_text(DATASET.replace("range(10)", "range(40)"))
    broken_feature(home)
    told = []
    with pytest.raises(
        BenchError, match=r"KeyError: 'tempo'.*\(and so on for the first \d+ clips\); nothing"
    ):
        run(home, "broken.py", jobs=jobs, on_clip=lambda done, total: told.append(done))
    asked = set((home / "broken.log").read_text().split())
    # Several processes finish the batches that they began, and how many these are depends on their pace.
    assert len(asked) == 8 if jobs == 1 else len(asked) >= 8
    assert told == []
    assert not (home / "store" / "toys" / "broken").exists()
    broken_feature(home, "return np.ones((len(clips), 2, 4))")
    assert run(home, "broken.py", jobs=jobs).stored == {"broken": 40}


def test_a_feature_that_cannot_work_stops_also_beside_one_that_is_stored(home):
    run(home)
    broken_feature(home)
    with pytest.raises(BenchError, match="first 8 clips"):
        run(home, "loud.py", "broken.py")
    assert FeatureStore(home / "store").features("toys") == ["loudness"]


def test_clips_that_are_no_audio_say_nothing_of_the_feature(home):
    for path in sorted((home / "audio").iterdir())[:9]:
        path.write_bytes(b"")
    done = run(home)
    assert (done.computed, len(done.problems)) == ({"loudness": 3}, 9)


def test_what_is_stored_stays_where_its_replacement_fails(home):
    broken_feature(home, "return np.ones((len(clips), 2, 4))")
    run(home, "broken.py")
    before = opened(home, "broken").rows(["a00"])
    manifest = (home / "store" / "toys" / "broken" / "manifest.json").read_bytes()
    broken_feature(home)
    with pytest.raises(BenchError, match="KeyError: 'tempo'"):
        run(home, "broken.py", replace=True)
    assert np.array_equal(opened(home, "broken").rows(["a00"]), before)
    assert (home / "store" / "toys" / "broken" / "manifest.json").read_bytes() == manifest


@pytest.mark.parametrize(
    ("settings", "body", "hint"),
    [
        (
            "",
            "return np.ones((len(clips), 4))",
            r"if it is one vector a clip, set per_clip=True in SPEC, give",
        ),
        ("", "return np.ones((len(clips), 1, 4))", r"if it is one vector a clip, set per_clip=True in SPEC"),
        (", per_clip=True", "return np.ones((len(clips), 2, 4))", r"a segment, set per_clip=False in SPEC"),
        ("", "return np.ones((len(clips), 2, 5))", r"here \(1, 2, 4\) \(and so on"),
        (", per_clip=True", "return np.ones((len(clips), 4))", r"here \(1, 1, 4\) \(and so on"),
    ],
)
def test_the_setting_that_a_shape_lacks_is_named(home, settings, body, hint):
    broken_feature(home, body, settings)
    with pytest.raises(BenchError, match=hint):
        run(home, "broken.py")


def test_a_weight_file_that_is_not_at_hand_is_missed_before_a_clip_is_decoded(home):
    text = FEATURE.replace(
        "import numpy", "from mgrbench.features.extractors._weights import WeightFile\nimport numpy"
    )
    text += '\nWEIGHTS = WeightFile("net.h5", published="on a page")\n'
    text = text.replace("def extract(clips)", "def extract(clips, weights=None)")
    (home / "loud.py").write_text(text)
    (home / "audio" / "a00.wav").write_bytes(b"")
    with pytest.raises(BenchError, match=r"^the weight file net\.h5 is not at hand; .*; it is on a page$"):
        run(home)
    with pytest.raises(BenchError, match=r"net\.h5: no such file; loudness needs this weight file"):
        run(home, weights=home / "net.h5")
    assert computed_clips(home) == []
    (home / "net.h5").touch()
    assert run(home, weights=home / "net.h5").computed == {"loudness": 11}
    (home / "audio" / "a00.wav").unlink()
    assert run(home).computed == {"loudness": 0}  # what is stored needs no weights


def test_a_feature_may_be_one_vector_a_clip_or_of_any_length(home):
    text = FEATURE.replace("(4,), {", "(None,), {").replace('("numpy",))', '("numpy",), per_clip=True)')
    (home / "loud.py").write_text(text.replace("return np.stack", "return np.ones((1, 1, 7)) #"))
    run(home)
    assert opened(home).values.shape == (20, 1, 7)


def test_two_features_of_one_name_are_refused(home):
    (home / "copy.py").write_text(FEATURE)
    with pytest.raises(BenchError, match=r"loud\.py and .*copy\.py both give the feature loudness; name one"):
        run(home, "loud.py", "copy.py")
    assert run(home, "loud.py", "loud.py").computed == {"loudness": 12}


@pytest.mark.parametrize(
    "text", ["x = 1", "SPEC = 3\ndef extract(clips): pass", FEATURE.replace("def extract", "def x")]
)
def test_a_module_that_is_no_feature_is_refused(home, text):
    (home / "none.py").write_text(text)
    with pytest.raises(BenchError, match=r"none\.py is no computed feature; give it SPEC"):
        run(home, "none.py")


def test_a_feature_that_would_leave_the_store_is_refused(home):
    (home / "loud.py").write_text(FEATURE.replace('"loudness"', '"../loudness"'))
    with pytest.raises(BenchError, match=r"a feature can't be called '\.\./loudness'"):
        run(home)


def test_no_processes_are_refused(home):
    with pytest.raises(BenchError, match="jobs is 0; give the number of processes"):
        run(home, jobs=0)


def test_an_extraction_of_what_another_process_writes_is_refused(home):
    dataset = load_dataset(str(home / "toys.py"))
    manifest = manifest_of(dataset, str(home / "loud.py"), ("a00",))
    with (
        FeatureStore(home / "store").writer(manifest),
        pytest.raises(BenchError, match="another process is writing loudness of toys"),
    ):
        run(home)


# What the report says of clips


def test_odd_clips_are_computed_and_remarked_on(home):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 2000)
    for track, odd in {
        "a07": samples * 1e-4,
        "a08": np.sign(samples),
        "a09": samples[:700],
    }.items():
        soundfile.write(home / "audio" / f"{track}.wav", odd, 8000, subtype="FLOAT")
    done = run(home)
    assert done.computed == {"loudness": 15}
    remarks = {remark.track_id: remark.detail for remark in done.remarks}
    assert remarks["a07"].startswith("silent (peak ")
    assert remarks["a08"] == "clipped (100.0% of the samples at full scale)"
    assert remarks["a09"] == "short (0.09 s, filled up to 0.2 s by repeating its end)"
    assert set(remarks) == {"a07", "a08", "a09"}
    report = json.loads((home / "store" / "toys" / REPORT_FILE).read_text())
    assert report == json.loads(json.dumps(done.to_dict()))


def test_one_clip_that_fails_in_a_batch_does_not_take_the_others_with_it(home):
    picky = FEATURE.replace('"loudness"', '"picky"').replace(
        "    return",
        "    if any(clip.id == 'a03' for clip in clips):\n        raise ValueError('no')\n    return",
    )
    (home / "picky.py").write_text(picky)
    done = run(home, "loud.py", "picky.py")
    assert done.computed == {"loudness": 12, "picky": 11}
    assert [problem.track_id for problem in done.problems] == ["a03"]


def test_a_device_is_named_to_the_features_that_can_use_one(home):
    (home / "anywhere.py").write_text(
        FEATURE.replace('"loudness"', '"anywhere"')
        .replace("def extract(clips):", 'def extract(clips, device="cpu"):')
        .replace("(c.segments() ** 2).mean(1)", "np.full(2, len(device))")
    )
    run(home, "loud.py", "anywhere.py", device="other")
    assert (opened(home, "anywhere").values[0, :, 0] == len("other")).all()
    assert opened(home).values.shape == (20, 2, 4)


# Other workers than processes of this machine


def test_a_cluster_that_loses_a_worker_gives_what_one_process_gives(home):
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    body = (home / "loud.py").read_text()
    # The worker that gets clip a03 first leaves a mark and dies; the clip is done by the other.
    deadly = body.replace(
        "    return",
        "    mark = Path(__file__).with_suffix('.died')\n"
        "    if any(clip.id == 'a03' for clip in clips) and not mark.exists():\n"
        "        import os\n"
        "        mark.touch()\n"
        "        os._exit(1)\n"
        "    return",
    )
    (home / "deadly.py").write_text(deadly)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        workers = Workers(scheduler=cluster.scheduler_address)
        done = run(home, "deadly.py", workers=workers)
    assert (home / "deadly.died").exists()
    assert done.computed == {"loudness": 12}
    (home / "deadly.py").write_text(deadly)
    alone = run(home, "deadly.py", store="alone")
    assert alone == done
    assert (
        opened(home).rows(opened(home).ids).tobytes()
        == opened(home, store="alone").rows(opened(home, store="alone").ids).tobytes()
    )


def test_a_cluster_that_is_not_there_is_an_error(home):
    pytest.importorskip("distributed", reason="needs the extra `cluster`")
    with pytest.raises(BenchError, match="no Dask scheduler answers at 'nowhere'"):
        run(home, workers=Workers(scheduler="nowhere"))
