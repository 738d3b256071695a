"""Published feature packs, made up and served on this machine: only the known values reach the store."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mgrbench.core.dataset_plugin import load_dataset
from mgrbench.core.paths import downloads_root
from mgrbench.core.types import BenchError
from mgrbench.features import register as download
from mgrbench.features.packs import install, packs, packs_of
from mgrbench.features.register import WEIGHTS, registered
from mgrbench.features.store import FeatureStore, fingerprint_of_values
from tests.support.helpers import GTZAN, MINI, cli, done, import_features, refused, vectors, write_npz
from tests.support.server import Page, Server, serving

LAYERS, COLUMNS = 3, 64
VALUES = np.random.default_rng(0).normal(size=(len(MINI), LAYERS * COLUMNS))  # float64, as published
TRACKS = ",id,filepath,label\n" + "".join(
    f"{row},{track[:-6]},gtzan_genre/genres/{track[:-6]}/{track}.au,0\n" for row, track in enumerate(MINI)
)


def npy(array: np.ndarray, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def reworded(array: np.ndarray, shape: str) -> bytes:
    """An array whose header gives its shape in other words."""
    old, new = b"(60, 64), }", shape.encode()
    data = npy(array)
    assert data.count(old) == 1
    return data.replace(old + b" " * (len(new) - len(old)), new, 1)


def fingerprint(values: np.ndarray, ids=MINI) -> str:
    return fingerprint_of_values(ids, values.astype(np.float32)[:, None])


def files(values: np.ndarray = VALUES, tracks: str = TRACKS) -> dict[str, bytes]:
    layers = np.split(values, LAYERS, axis=1)
    arrays = {f"layer_{number}.npy": npy(layer) for number, layer in enumerate(layers)}
    return {"tracks.csv": tracks.encode(), **arrays}


def serve(server: Server, of: str, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        server.pages[f"/{of}/{name}"] = Page(data)


def lines(server: Server, of: str, files: dict[str, bytes], known: str) -> list[str]:
    rows = [f"{of}\tvalues\t{known}\t\t\ta made-up feature"]
    return rows + [f"{of}\t{name}\t\t\t{server.url(f'/{of}/{name}')}\t" for name in files]


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with the pack gtzan/toy, and a register that knows it beside extballroom/toy."""
    register = tmp_path / "register.tsv"
    monkeypatch.setattr(download, "REGISTER", register)
    with serving(monkeypatch) as running:
        rows = ["\t".join(download.COLUMNS), f"{WEIGHTS}\tw.bin\t{'0' * 64}\t1\t\t"]
        for of in ("gtzan/toy", "extballroom/toy"):
            rows += lines(running, of, files(), fingerprint(VALUES))
        serve(running, "gtzan/toy", files())
        register.write_text("\n".join(rows) + "\n")
        yield running


def lay(files: dict[str, bytes]) -> None:
    """Put files where downloads lie, which is quicker than serving them."""
    pack().folder.mkdir(parents=True)
    for name, data in files.items():
        (pack().folder / name).write_bytes(data)


def pack():
    return packs_of(GTZAN, "toy")[0]


def asked(server: Server) -> list[str]:
    return [answer.path.removeprefix("/gtzan/toy/") for answer in server.answers]


# The right values


def test_the_values_stand_side_by_side_in_the_store(server):
    told = []
    stored = install(pack(), GTZAN, progress=lambda *now: told.append(now))
    assert stored.ids == MINI
    np.testing.assert_array_equal(stored.rows(MINI), VALUES.astype(np.float32)[:, None])
    assert stored.manifest.fingerprint == fingerprint(VALUES)
    assert stored.manifest.about["pack"] == "gtzan/toy"
    assert stored.manifest.about["files"] == [server.url(f"/gtzan/toy/{name}") for name in files()]
    assert told == [(number, 4) for number in range(1, 5)]


def test_of_the_files_nothing_is_left(server):
    install(pack(), GTZAN)
    assert [path.name for path in downloads_root().rglob("*") if path.is_file()] == [".toy.lock"]


def test_what_is_stored_is_not_fetched_again(server):
    install(pack(), GTZAN)
    before = len(server.answers)
    install(pack(), GTZAN)
    assert len(server.answers) == before == 4


def test_the_same_values_imported_from_a_file_are_not_fetched(server, tmp_path):
    import_features(GTZAN, "toy", write_npz(tmp_path / "x.npz", MINI, x=VALUES), "x")
    install(pack(), GTZAN)
    assert server.answers == []


def test_what_is_stored_and_corrupt_is_mended(server):
    folder = install(pack(), GTZAN).folder
    data = bytearray((folder / "values.npy").read_bytes())
    data[-1] ^= 1
    (folder / "values.npy").write_bytes(data)
    assert install(pack(), GTZAN).corrupt() == []
    np.testing.assert_array_equal(FeatureStore().open("gtzan", "toy").values, VALUES.astype("f4")[:, None])


def test_other_values_of_the_name_are_replaced_only_if_asked(server, tmp_path):
    import_features(GTZAN, "toy", write_npz(tmp_path / "x.npz", MINI, x=vectors(MINI)), "x")
    with pytest.raises(BenchError, match="other values of toy of gtzan are stored; add --replace"):
        install(pack(), GTZAN)
    np.testing.assert_array_equal(FeatureStore().open("gtzan", "toy").values[:, 0], vectors(MINI))
    install(pack(), GTZAN, replace=True)
    np.testing.assert_array_equal(FeatureStore().open("gtzan", "toy").values[:, 0], VALUES.astype("f4"))


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(lambda a: npy(a.astype(np.float32)), id="float32"),
        pytest.param(lambda a: npy(a.astype(">f8")), id="big-endian"),
        pytest.param(lambda a: npy(np.asfortranarray(a)), id="Fortran order"),
        pytest.param(lambda a: reworded(a, "(60L, 64L), }"), id="Python 2"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_how_the_numbers_are_written_makes_no_difference(server, shown: Callable[[np.ndarray], bytes]):
    server.pages["/gtzan/toy/layer_1.npy"].body = shown(VALUES[:, 64:128])
    stored = install(pack(), GTZAN)
    np.testing.assert_array_equal(stored.values, VALUES.astype(np.float32)[:, None])


def test_the_order_of_the_tracks_makes_no_difference(server):
    order = np.random.default_rng(1).permutation(len(MINI))
    head, *rows = TRACKS.splitlines()
    tracks = "\r\n".join([head, *(rows[row] for row in order)])
    serve(server, "gtzan/toy", files(VALUES[order], tracks))
    stored = install(pack(), GTZAN)
    np.testing.assert_array_equal(stored.rows(MINI), VALUES.astype(np.float32)[:, None])


def test_any_dataset_can_have_a_pack(server, tmp_path):
    synth = load_dataset("synth")
    ids = [track.id for track in synth.tracks()]
    values = np.random.default_rng(2).normal(size=(len(ids), LAYERS)).astype(np.float32)
    made = files(values, "filepath\n" + "".join(f"{track}\n" for track in ids))
    rows = lines(server, "synth/toy", made, fingerprint(values, ids))
    download.REGISTER.write_text("\n".join(["\t".join(download.COLUMNS), *rows]))
    serve(server, "synth/toy", made)
    np.testing.assert_array_equal(install(*packs_of(synth), synth).rows(ids), values[:, None])


# Other values


def swapped(values: np.ndarray, axis: int) -> np.ndarray:
    return np.take(values, [1, 0, *range(2, values.shape[axis])], axis)


def nudged(values: np.ndarray) -> np.ndarray:
    changed = values.astype(np.float32)
    changed[30, 5] = np.nextafter(changed[30, 5], np.float32(np.inf))
    return changed


PICKLED = npy(np.array([{"x": 1}] * len(MINI)), allow_pickle=True)
HUGE = reworded(VALUES[:, :64], "(60, 999999999999), }")
HEAD = TRACKS.splitlines()[0]
NUMBER = VALUES[0, 0]
FEWER = "\n".join([HEAD, *TRACKS.splitlines()[2:]])
OTHER, UNREADABLE, UNKNOWN = "gives other values", "layer_1.npy: is no readable array", "is no track of gtzan"
WRONG = {
    "one value differs by its last bit": (files(nudged(VALUES)), OTHER),
    "two rows are swapped": (files(swapped(VALUES, 0)), OTHER),
    "two columns are swapped": (files(swapped(VALUES, 1)), OTHER),
    "a value is NaN": (files(np.where(VALUES == NUMBER, np.nan, VALUES)), OTHER),
    "a value is beyond float32": (files(np.where(VALUES == NUMBER, 1e300, VALUES)), OTHER),
    "a track is missing": (files(VALUES[1:], FEWER), OTHER),
    "a track is there twice": (files(tracks=TRACKS.replace("blues.00020", "blues.00000")), OTHER),
    "a page in place of an array": (files() | {"layer_1.npy": b"<html>"}, UNREADABLE),
    "a page in place of the tracks": (files(tracks="<html>"), "tracks.csv: lists no tracks"),
    "nothing in place of an array": (files() | {"layer_1.npy": b""}, UNREADABLE),
    "nothing in place of the tracks": (files(tracks=""), "lists no tracks"),
    "an array cut off": (files() | {"layer_1.npy": npy(VALUES[:, :64])[:-1]}, UNREADABLE),
    "an array of objects": (files() | {"layer_1.npy": PICKLED}, UNREADABLE),
    "a header of a huge array": (files() | {"layer_1.npy": HUGE}, UNREADABLE),
    "an array of text": (files() | {"layer_1.npy": npy(np.array(MINI)[:, None])}, "layer_1.npy: is <U"),
    "an array of complex numbers": (files() | {"layer_1.npy": npy(VALUES[:, :64] * 1j)}, "is complex128"),
    "an array of one axis": (files() | {"layer_1.npy": npy(VALUES[:, 0])}, "float64 of shape (60,)"),
    "an array of fewer rows": (files() | {"layer_1.npy": npy(VALUES[1:, :64])}, "60 rows of numbers"),
    "an archive": (files() | {"layer_1.npy": b"PK\x03\x04"}, UNREADABLE),
    "an unknown track": (files(tracks=TRACKS.replace("blues.00020", "blues.99999")), UNKNOWN),
    "tracks without paths": (files(tracks=TRACKS.replace("filepath", "path")), UNKNOWN),
    "a short line": (files(tracks=TRACKS + "60\n"), UNKNOWN),
    "bytes that are no text": (files() | {"tracks.csv": b"\xff\xfe"}, "is not UTF-8"),
    "a field without end": (files(tracks=f'{HEAD}\n"' + "x" * 200_000), "no readable CSV"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_other_files_are_refused_and_removed(server, wrong):
    made, said = WRONG[wrong]
    lay(made)
    with pytest.raises(BenchError) as caught:
        install(pack(), GTZAN)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert FeatureStore().features("gtzan") == []
    assert not pack().folder.exists()

    lay(files())
    assert len(install(pack(), GTZAN).ids) == len(MINI)


def test_expected_and_found_are_named(server):
    serve(server, "gtzan/toy", files(nudged(VALUES)))
    expected, found = fingerprint(VALUES), fingerprint(nudged(VALUES))
    with pytest.raises(BenchError, match=f"expected {expected}, found {found}; the files were removed"):
        install(pack(), GTZAN)


def test_a_file_larger_than_any_part_of_a_pack_is_refused(server, monkeypatch):
    server.pages["/gtzan/toy/layer_1.npy"] = Page(b"x" * 1000, endless=True, length=False)
    with pytest.raises(BenchError, match=f"larger than the {download.LIMIT} bytes"):
        install(pack(), GTZAN)


# On the way


def test_after_a_cut_it_goes_on_with_the_file_it_was_at(server):
    page = server.pages["/gtzan/toy/layer_1.npy"]
    page.cut = 20_000
    with pytest.raises(BenchError, match="cut after 16384 of"):
        install(pack(), GTZAN)
    assert FeatureStore().features("gtzan") == []
    page.cut = None
    install(pack(), GTZAN)
    assert asked(server) == ["tracks.csv", "layer_0.npy", "layer_1.npy", "layer_1.npy", "layer_2.npy"]
    assert server.answers[3].asked["Range"] == "bytes=16384-"


def test_files_that_somebody_put_there_are_taken_without_a_network(server):
    lay(files())
    install(pack(), GTZAN)
    assert server.answers == []


# The register


def test_packs_are_found_by_dataset_and_name(server):
    assert [(pack.dataset, pack.feature) for pack in packs()] == [("gtzan", "toy"), ("extballroom", "toy")]
    assert [pack.feature for pack in packs_of(GTZAN)] == ["toy"]
    with pytest.raises(BenchError, match="called 'toi'; did you mean toy"):
        packs_of(GTZAN, "toi")
    with pytest.raises(BenchError, match="called 'x'; there are toy"):
        packs_of(GTZAN, "x")
    with pytest.raises(BenchError, match=r"of synth are known; .* known of extballroom, gtzan"):
        packs_of(load_dataset("synth"))


@pytest.mark.parametrize("missing", ["values", "tracks.csv", "layer_"])
def test_an_incomplete_pack_is_said(server, missing):
    kept = [
        line for line in download.REGISTER.read_text().splitlines() if f"gtzan/toy\t{missing}" not in line
    ]
    download.REGISTER.write_text("\n".join(kept))
    with pytest.raises(BenchError, match="gtzan/toy in the register is incomplete"):
        packs()


@pytest.mark.parametrize("source", ["gtzan_choi", "extballroom_choi"])
@pytest.mark.parametrize(("feature", "key"), [("choi", "convnet"), ("mfcc", "mfcc")])
def test_the_registered_packs_give_the_real_values(shared_data, tmp_path, monkeypatch, source, feature, key):
    """Real values, cut into files as they were published, come out as the register says they must."""
    name = source.removesuffix("_choi")
    (known,) = [pack for pack in packs() if (pack.dataset, pack.feature) == (name, feature)]
    with np.load(shared_data / f"{source}.npz", allow_pickle=False) as arrays:
        ids, values = [str(track) for track in arrays["ids"]], arrays[key]
    dataset = replace(GTZAN, name=name, identify=lambda path: path.rpartition("/")[2].rpartition(".")[0])
    known.folder.mkdir(parents=True)
    known.tracks.path.write_text("filepath\n" + "".join(f"x/{track}.mp3\n" for track in ids))
    for file, columns in zip(known.arrays, np.split(values, len(known.arrays), axis=1), strict=True):
        np.save(file.path, columns.astype(np.float64))
    stored = install(known, dataset)
    np.testing.assert_array_equal(stored.rows(ids), values[:, None])
    if name == "gtzan" and feature == "choi":
        assert "label-sorted" in stored.manifest.caveat


def test_every_file_of_a_registered_pack_has_an_address():
    for line in registered():
        assert bool(line.url) == (line.name != "values") or line.of == WEIGHTS


def test_registered_packs_are_those_of_the_design():
    names = {(pack.dataset, pack.feature): len(pack.arrays) for pack in packs()}
    assert names == {(name, f): n for name in ("gtzan", "extballroom") for f, n in (("choi", 5), ("mfcc", 1))}


# The command line


def test_the_command_stores_what_is_published(server):
    result = done("features", "download", "gtzan")
    assert result.out == "stored toy of gtzan: 60 tracks, a made-up feature\n"
    assert result.err.splitlines()[-1] == "fetching toy of gtzan: 4/4"
    assert FeatureStore().features("gtzan") == ["toy"]


def test_the_command_gives_one_document(server):
    (stored,) = done("features", "download", "gtzan", "toy", "--json").document["downloaded"]
    assert (stored["feature"], stored["tracks"], stored["shape"]) == ("toy", 60, [1, 192])
    assert stored["fingerprint"] == fingerprint(VALUES)


def test_the_command_refuses_in_one_line(server):
    assert "no dataset is called 'millionsong'" in refused("features", "download", "millionsong")
    assert "did you mean toy" in refused("features", "download", "gtzan", "toi")
    assert "no published features of synth" in refused("features", "download", "synth")
    server.pages.clear()
    assert "nothing is there (status 404)" in refused("features", "download", "gtzan")


def test_the_command_replaces_only_if_asked(server, tmp_path):
    import_features(GTZAN, "toy", write_npz(tmp_path / "x.npz", MINI), "x")
    assert "--replace" in refused("features", "download", "gtzan")
    assert cli("features", "download", "gtzan", "--replace").code == 0
