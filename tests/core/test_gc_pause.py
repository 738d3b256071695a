"""The garbage collector is paused, and goes on as it was."""

from __future__ import annotations

import gc

import pytest

from mgrbench.core.gc_pause import without_collecting


def test_it_is_paused_and_goes_on():
    assert gc.isenabled()
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error():
    with pytest.raises(ValueError, match="x"), without_collecting():
        raise ValueError("x")
    assert gc.isenabled()


def test_who_paused_it_before_keeps_it_paused():
    gc.disable()
    try:
        with without_collecting(), without_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
