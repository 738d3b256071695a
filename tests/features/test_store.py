"""The feature store: what goes in comes out to the bit, damage is named, nothing half-written counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgrbench.core.files import locked
from mgrbench.core.paths import store_root
from mgrbench.core.types import BenchError, FeatureSpec
from mgrbench.features.store import (
    FeatureStore,
    Manifest,
    fingerprint_of_spec,
    fingerprint_of_values,
)
from mgrbench.features.store.manifest import manifest_text

REPOSITORY = Path(__file__).resolve().parents[2]
IDS = ("b.1", "a.2", "c.3", "d.4")
SPEC = FeatureSpec("x", "about", (3,), {"n": 1}, ("numpy",))


def table(shape: tuple[int, ...] = (4, 2, 3), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


def put(store, values=None, ids=IDS, feature="x", **more):
    return store.import_array("toy", feature, ids, table() if values is None else values, about={}, **more)


def manifest(fingerprint: str = "f", ids: tuple[str, ...] = IDS, feature: str = "x") -> Manifest:
    return Manifest("toy", feature, fingerprint, "computed", {}, ids)


def fill(store, ids, fingerprint="f", every=IDS, values=None, replace=False):
    """Write rows of a computed feature, those of `table` by their place in `IDS` or these values."""
    rows = dict(zip(IDS, table() if values is None else values, strict=False))
    with store.writer(manifest(fingerprint, every), replace=replace) as writer:
        for track in ids:
            writer.write(track, rows.get(track, np.ones((2, 3), np.float32)), f"source of {track}")
        return writer.stored


# What goes in comes out


@pytest.mark.parametrize("shape", [(4, 1), (4, 1, 5), (4, 3, 32, 5), (4, 1, 1, 1, 1)])
def test_values_come_out_to_the_bit_and_in_the_order_asked_for(store, shape):
    values = table(shape)
    values.flat[0] = np.nextafter(np.float32(0), np.float32(1))
    put(store, values)
    stored = FeatureStore(store.root).open("toy", "x")
    assert stored.ids == IDS
    for order in ([0, 1, 2, 3], [2], [3, 0, 3], []):
        rows = stored.rows([IDS[position] for position in order])
        assert rows.dtype == np.float32
        assert rows.tobytes() == values[order].tobytes()
        assert rows.shape == (len(order), *shape[1:])
    assert stored.bytes == values.nbytes
    assert stored.corrupt() == []
    assert (stored.manifest.dataset, stored.manifest.feature, stored.manifest.kind) == (
        "toy",
        "x",
        "imported",
    )


@pytest.mark.parametrize(
    "values",
    [
        np.asfortranarray(table()),
        table((8, 2, 3))[::2],
        table((2, 3, 4)).T,
        table().astype(">f4"),
        table().astype(float),
    ],
)
def test_the_layout_in_memory_does_not_matter(store, values):
    ids = [f"t{number}" for number in range(len(values))]
    stored = put(store, values, ids)
    assert np.array_equal(stored.rows(ids), values.astype(np.float32))
    assert stored.corrupt() == []


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.permutations(range(6)), st.integers(0, 5), st.integers(0, 2))
def test_the_fingerprint_is_that_of_ids_and_values_in_any_order(order, track, place):
    ids, values = [f"t{number}" for number in range(6)], table((6, 1, 3))
    shuffled = fingerprint_of_values([ids[i] for i in order], values[list(order)])
    assert shuffled == fingerprint_of_values(ids, values)
    changed = values.copy()
    changed[track, 0, place] = np.nextafter(changed[track, 0, place], np.float32(9))
    assert fingerprint_of_values(ids, changed) != shuffled
    renamed = [*ids[:track], "other", *ids[track + 1 :]]
    assert fingerprint_of_values(renamed, values) != shuffled
    assert fingerprint_of_values(ids, values.reshape(6, 3, 1)) != shuffled


def test_the_fingerprint_of_a_spec_changes_with_all_that_values_depend_on():
    versions, segments = {"numpy": "2.0"}, {"sample_rate": 22050}
    base = fingerprint_of_spec(SPEC, versions, segments)
    others = {
        fingerprint_of_spec(FeatureSpec("y", "about", (3,), {"n": 1}, ()), versions, segments),
        fingerprint_of_spec(FeatureSpec("x", "about", (3,), {"n": 2}, ()), versions, segments),
        fingerprint_of_spec(FeatureSpec("x", "about", (3,), {"n": 1}, (), version=2), versions, segments),
        fingerprint_of_spec(SPEC, {"numpy": "2.1"}, segments),
        fingerprint_of_spec(SPEC, versions, {"sample_rate": 44100}),
        fingerprint_of_spec(SPEC, versions, segments, source="abc"),
    }
    assert len(others | {base}) == 7
    assert base == fingerprint_of_spec(
        FeatureSpec("x", "other words", (3,), {"n": 1}, ()), versions, segments
    )


def test_reading_one_row_does_not_read_the_file(store):
    ids = tuple(f"t{number:05d}" for number in range(20_000))
    row = np.ones((1, 5000), np.float32)
    with store.writer(manifest(ids=ids)) as writer:  # 400 MB, almost all of it a hole
        writer.write("t12345", row, "")
    tracemalloc.start()
    try:
        stored = store.open("toy", "x")
        assert stored.rows(["t12345"]).tobytes() == row.tobytes()
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert isinstance(stored.values, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        stored.values[0] = 1


def test_a_track_without_a_row_is_named(store):
    stored = put(store)
    with pytest.raises(
        BenchError, match=r"x of toy lacks 2 tracks, the first nobody; import the feature again"
    ):
        stored.rows(["a.2", "nobody", "nothing"])
    fill(FeatureStore(store.root / "computed"), ["a.2"])
    with pytest.raises(BenchError, match=r"the first c\.3; run `mgrbench features extract toy --feature x`$"):
        FeatureStore(store.root / "computed").open("toy", "x").rows(["a.2", "c.3"])


# What is there


def test_features_and_datasets_are_listed(store):
    assert (store.features("toy"), store.datasets()) == ([], [])
    for feature in ("b", "a.b", "a"):
        put(store, feature=feature)
    assert (store.features("toy"), store.datasets()) == (["a", "a.b", "b"], ["toy"])


def test_a_feature_that_is_not_there_is_answered_with_those_that_are(store):
    with pytest.raises(
        BenchError, match=r"the feature 'x' of toy is not in the store; .* stored of toy: none"
    ):
        store.open("toy", "x")
    put(store, feature="y")
    with pytest.raises(BenchError, match=r"stored of toy: y$"):
        store.open("toy", "x")


@pytest.mark.parametrize("name", ["choi", "choi-2", "Größe", "v1.2", "a.b.c", "-x", "_x", "2", "x" * 100])
def test_names_with_letters_digits_and_a_few_signs_are_kept(store, name):
    put(store, feature=name)
    assert store.features("toy") == [name]
    assert store.open("toy", name).manifest.feature == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../toy/y",
        "a/b",
        "/tmp/x",
        ".hidden",
        "a b",
        "a\\b",
        "a*",
        "a[b]",
        "x\n",
        "a:b",
        "-",
        "a\0b",
    ],
)
def test_names_that_would_leave_the_store_are_refused(store, name):
    put(store, feature="y")
    for refused in (lambda: put(store, feature=name), lambda: store.open("toy", name)):
        with pytest.raises(BenchError, match="a feature can't be called"):
            refused()
    with pytest.raises(BenchError, match="a feature can't be called"), store.writer(manifest(feature=name)):
        pytest.fail("a writer was given")
    assert store.features("toy") == ["y"]


def test_the_store_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("MGRBENCH_CACHE", str(tmp_path / "here"))
    assert store_root() == FeatureStore().root == tmp_path / "here"
    monkeypatch.delenv("MGRBENCH_CACHE")
    assert "mgrbench" in str(store_root())


# Imports


def test_the_same_values_may_be_imported_again_and_others_only_on_request(store):
    put(store)
    put(store, table()[::-1], IDS[::-1])
    assert store.open("toy", "x").ids == IDS[::-1]
    with pytest.raises(BenchError, match=r"other values of x of toy are stored; add --replace"):
        put(store, table(seed=1))
    assert np.array_equal(store.open("toy", "x").rows(IDS), table())
    put(store, table(seed=1), replace=True)
    assert np.array_equal(store.open("toy", "x").rows(IDS), table(seed=1))


def test_a_caveat_is_kept(store):
    assert put(store, caveat="with care").manifest.caveat == "with care"
    assert store.open("toy", "x").manifest.caveat == "with care"


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_import_on_a_full_disk_leaves_the_old_values_and_nothing_else(store, monkeypatch, nth):
    """Values, rows and manifest are synced one after the other; each may be what no longer fits."""
    put(store)
    before = {path.name for path in (store.root / "toy").iterdir()}
    synced = 0

    def full(_handle):
        nonlocal synced
        synced += 1
        if synced == nth:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BenchError, match=r"cannot be written \(No space left on device\); free some space"):
        put(store, table(seed=1), replace=True)
    assert np.array_equal(store.open("toy", "x").rows(IDS), table())
    assert {path.name for path in (store.root / "toy").iterdir()} == before


def test_what_a_killed_import_left_is_cleared_by_the_next_of_that_feature_only(store):
    for name in (".x+abc.part", ".x+abc.old.part", ".x.y+abc.part"):
        (store.root / "toy" / name).mkdir(parents=True)
    put(store)
    assert {path.name for path in (store.root / "toy").iterdir()} == {"x", ".x.lock", ".x.y+abc.part"}
    assert store.features("toy") == ["x"]


def test_a_feature_that_another_process_writes_is_refused_and_others_are_not(store):
    with locked(store.root / "toy" / ".x.lock", "x"):
        with pytest.raises(BenchError, match="another process is writing x of toy"):
            put(store)
        with pytest.raises(BenchError, match="another process is writing x of toy"), store.writer(manifest()):
            pytest.fail("two write")
        put(store, feature="y")
    put(store)


def test_a_lock_is_let_go_when_its_process_is_killed(store):
    code = (
        "import sys, numpy as np\nfrom pathlib import Path\n"
        "from mgrbench.features.store import FeatureStore, Manifest\n"
        "m = Manifest('toy', 'x', 'f', 'computed', {}, ('b.1', 'a.2'))\n"
        "with FeatureStore(Path(sys.argv[1])).writer(m) as writer:\n"
        "    writer.write('b.1', np.ones((2, 3), np.float32), 's')\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.root)],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BenchError, match="another process is writing x of toy"):
            fill(store, ["a.2"], every=("b.1", "a.2"))
        assert store.open("toy", "x").ids == ("b.1",)  # reading goes on
        process.kill()
    assert fill(store, ["a.2"], every=("b.1", "a.2")) == {"b.1", "a.2"}
    assert np.array_equal(store.open("toy", "x").rows(["b.1"]), np.ones((1, 2, 3)))


# Computed features


def test_a_writer_goes_on_where_another_stopped(store):
    assert fill(store, ["a.2", "d.4"]) == {"a.2", "d.4"}
    assert store.open("toy", "x").ids == ("a.2", "d.4")
    assert fill(store, []) == {"a.2", "d.4"}
    assert fill(store, ["c.3", "b.1"]) == set(IDS)
    stored = store.open("toy", "x")
    assert np.array_equal(stored.rows(IDS), table())
    assert stored.sources == {track: f"source of {track}" for track in IDS}
    assert stored.bytes == table().nbytes


@pytest.mark.parametrize("left", ["", "{"])
def test_a_manifest_without_values_is_no_obstacle(store, left):
    """A process that was killed before its first row may have left one."""
    for feature in ("x", "y"):
        folder = store.folder("toy", feature)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(left or manifest_text(manifest("another")))
    assert fill(store, ["a.2"]) == {"a.2"}
    assert store.open("toy", "x").manifest.fingerprint == "f"
    put(store, feature="y")
    assert store.open("toy", "y").ids == IDS


def test_before_the_first_row_a_feature_is_not_in_the_store(store):
    fill(store, [])
    assert not store.folder("toy", "x").exists()
    assert (store.features("toy"), store.datasets()) == ([], [])
    with pytest.raises(BenchError, match="the feature 'x' of toy is not in the store"):
        store.open("toy", "x")


def test_values_of_other_settings_are_replaced_only_on_request(store):
    fill(store, IDS)
    with pytest.raises(
        BenchError, match=r"x of toy is stored as made by other settings or versions; add --replace"
    ):
        fill(store, [], "g")
    assert store.open("toy", "x").ids == IDS
    assert fill(store, ["a.2"], "g", values=table((4, 7), seed=1), replace=True) == {"a.2"}
    assert np.array_equal(store.open("toy", "x").rows(["a.2"]), table((4, 7), seed=1)[[1]])


def test_an_imported_feature_is_not_overwritten_by_an_extraction_of_that_name(store):
    put(store)
    with pytest.raises(BenchError, match="is stored as made by other settings"):
        fill(store, ["a.2"], every=("a.2", "z.9"))
    assert np.array_equal(store.open("toy", "x").rows(IDS), table())


def test_rows_that_are_there_are_kept_when_the_dataset_gets_more_tracks(store):
    fill(store, ["b.1", "c.3"])
    assert fill(store, ["z.9"], every=(*IDS, "z.9", "a.0")) == {"b.1", "c.3", "z.9"}
    assert fill(store, ["d.4"], every=("d.4",)) == {"b.1", "c.3", "d.4", "z.9"}
    stored = store.open("toy", "x")
    assert np.array_equal(stored.rows(["c.3", "d.4"]), table()[[2, 3]])
    assert np.array_equal(stored.rows(["z.9"]), np.ones((1, 2, 3)))
    assert stored.sources["b.1"] == "source of b.1"
    assert stored.corrupt() == []


def test_a_corrupt_row_is_not_carried_over_but_computed_again(store):
    fill(store, IDS)
    spoil(store, "c.3")
    assert fill(store, ["z.9"], every=(*IDS, "z.9")) == {"b.1", "a.2", "d.4", "z.9"}
    assert store.open("toy", "x").corrupt() == []


def test_a_row_may_be_written_again(store):
    fill(store, IDS)
    fill(store, ["a.2"], values=table(seed=1), replace=True)
    rows = store.open("toy", "x").rows(IDS)
    assert np.array_equal(rows, np.stack([table(seed=track == 1)[track] for track in range(4)]))


def test_a_row_of_another_shape_is_refused(store):
    fill(store, ["a.2"])
    with store.writer(manifest()) as writer:
        with pytest.raises(BenchError, match=r"b\.1 has the shape \(2, 4\), others \(2, 3\)"):
            writer.write("b.1", np.ones((2, 4), np.float32), "")
        assert writer.stored == {"a.2"}
    assert store.open("toy", "x").ids == ("a.2",)


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_line_that_a_killed_process_began_does_not_count_and_spoils_no_other(store, cut):
    fill(store, ["b.1", "a.2"])
    journal = store.folder("toy", "x") / "rows.tsv"
    whole = journal.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    length = min(cut, len(whole) - last)
    journal.write_bytes(whole[: len(whole) - length])
    assert store.open("toy", "x").ids == ("b.1",)
    assert fill(store, ["c.3", "a.2"]) == {"b.1", "c.3", "a.2"}
    assert store.open("toy", "x").ids == ("b.1", "a.2", "c.3")
    assert np.array_equal(store.open("toy", "x").rows(IDS[:3]), table()[:3])


def test_values_without_a_manifest_are_not_believed(store):
    """A process killed while it removed the old values may leave any of the three files."""
    fill(store, IDS, "old")
    (store.folder("toy", "x") / "manifest.json").unlink()
    assert fill(store, [], "new") == set()
    assert fill(store, ["a.2"], "new") == {"a.2"}
    assert store.open("toy", "x").ids == ("a.2",)


def test_lines_without_values_are_not_believed(store):
    fill(store, IDS)
    (store.folder("toy", "x") / "values.npy").unlink()
    assert fill(store, []) == set()
    assert fill(store, ["a.2"]) == {"a.2"}
    assert store.open("toy", "x").ids == ("a.2",)


def test_a_full_disk_is_said_and_what_is_stored_stays(store, monkeypatch):
    fill(store, ["b.1"])
    opened = Path.open

    def full(path, mode="r", *arguments, **options):
        if mode == "ab":
            raise OSError(28, "No space left on device")
        return opened(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(BenchError, match=r"values\.npy: cannot be written \(No space left on device\); free"):
        fill(store, ["a.2"])
    monkeypatch.undo()
    assert FeatureStore(store.root).open("toy", "x").ids == ("b.1",)
    assert fill(store, ["a.2"]) == {"b.1", "a.2"}


# Damage


def spoil(store, track: str, feature: str = "x") -> None:
    """Change one bit of a row."""
    file = store.folder("toy", feature) / "values.npy"
    values = np.load(file, mmap_mode="r+")
    ids = json.loads((store.folder("toy", feature) / "manifest.json").read_text())["ids"]
    values.view(np.uint8).reshape(len(ids), -1)[ids.index(track), 7] ^= 1
    values.flush()


@pytest.mark.parametrize("kind", ["imported", "computed"])
def test_a_corrupt_row_is_named_and_no_other_is_refused(store, kind):
    put(store) if kind == "imported" else fill(store, IDS)
    spoil(store, "c.3")
    stored = store.open("toy", "x")
    assert stored.corrupt() == ["c.3"]
    assert np.array_equal(stored.rows(["b.1", "a.2"]), table()[:2])
    with pytest.raises(BenchError, match=r"the stored values of c\.3 are corrupt; .* --replace") as caught:
        stored.rows(["b.1", "c.3"])
    assert caught.value.where == str(store.folder("toy", "x"))
    put(store) if kind == "imported" else fill(store, ["c.3"], replace=True)
    assert store.open("toy", "x").corrupt() == []


def test_a_wrong_checksum_in_the_journal_is_a_corrupt_row(store):
    put(store)
    journal = store.folder("toy", "x") / "rows.tsv"
    check = str(zlib.crc32(table()[1].tobytes()))
    journal.write_text(journal.read_text().replace(check, check[:-1] + str(9 - int(check[-1]))))
    assert store.open("toy", "x").corrupt() == ["a.2"]


@pytest.mark.parametrize("name", ["values.npy", "manifest.json"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.99])
def test_a_truncated_file_is_named(store, name, share):
    put(store)
    file = store.folder("toy", "x") / name
    os.truncate(file, int(file.stat().st_size * share))
    with pytest.raises(
        BenchError, match=rf"{name}: is damaged \(.*; remove the folder, then extract or import"
    ) as e:
        store.open("toy", "x")
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_an_extraction_does_not_go_on_with_truncated_values(store, share):
    fill(store, IDS)
    file = store.folder("toy", "x") / "values.npy"
    os.truncate(file, int(file.stat().st_size * share))
    with pytest.raises(BenchError, match=r"values\.npy: is damaged"):
        fill(store, ["a.2"])


@pytest.mark.parametrize(
    "values",
    [
        table((3, 2, 3)),
        table().astype(np.float64),
        table().astype(">f4"),
        table()[:, 0, 0],
        np.float32(1),
        table()[:, :0],
    ],
    ids=["rows", "dtype", "byte order", "one axis", "no axis", "no values"],
)
def test_values_that_are_no_table_of_the_manifest_are_refused(store, values):
    put(store)
    np.save(store.folder("toy", "x") / "values.npy", values)
    with pytest.raises(BenchError, match=r"values\.npy: is damaged"):
        store.open("toy", "x")


def test_pickled_values_are_not_opened(store):
    put(store)
    np.save(store.folder("toy", "x") / "values.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(BenchError, match=r"values\.npy: is damaged"):
        store.open("toy", "x")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema_version": 2, "new": 1}, r"has the schema version 2"),
        ({"schema_version": None}, r"has the schema version None"),
        ({"ids": None}, r"is damaged"),
        ({"unknown": 1}, r"is damaged"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(store, change, problem):
    put(store)
    file = store.folder("toy", "x") / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(BenchError, match=rf"manifest\.json: {problem}"):
        store.open("toy", "x")


@pytest.mark.parametrize("text", ["[]", "3", "null", "{", "\x00", '{"ids": []}'])
def test_a_manifest_that_is_none_is_refused(store, text):
    put(store)
    (store.folder("toy", "x") / "manifest.json").write_text(text)
    with pytest.raises(BenchError, match=r"manifest\.json: is damaged"):
        store.open("toy", "x")


@settings(deadline=None, derandomize=True, max_examples=100)
@given(
    st.sampled_from(["values.npy", "manifest.json", "rows.tsv"]),
    st.floats(0, 1, exclude_max=True),
    st.binary(min_size=1, max_size=3),
    st.booleans(),
)
def test_whatever_bytes_change_values_are_right_or_refused(tmp_path_factory, name, place, new, early):
    store = FeatureStore(tmp_path_factory.getbasetemp() / "fuzzed")
    put(store)
    file = store.folder("toy", "x") / name
    data = bytearray(file.read_bytes())
    at = int(place * (min(130, len(data)) if early else len(data)))
    data[at : at + len(new)] = new
    file.write_bytes(data)
    try:
        stored = store.open("toy", "x")
        found = {track: stored.rows([track])[0] for track in stored.ids}
        stored.corrupt()
    except BenchError:  # refused
        pass
    else:
        expected = dict(zip(IDS, table(), strict=True))
        for track, row in found.items():
            assert row.tobytes() == expected.get(track, row).tobytes()
    finally:
        (store.folder("toy", "x") / "manifest.json").unlink()
