"""All seeds count from one number that a reader may change."""

import pytest

from skiplab.base.seeds import first_seed, jitter


def test_first_seed_is_that_of_the_environment(subtests, monkeypatch):
    for text, seed in [("1000", 1000), ("0", 0), ("", 0)]:
        with subtests.test(text=text, seed=seed):
            monkeypatch.setenv("SKIPLAB_FIRST_SEED", text)
            assert first_seed() == seed


def test_what_is_no_seed_is_named(subtests, monkeypatch):
    for text in ["many", "-1", "1.5", "²", "9" * 20]:
        with subtests.test(text=text):
            monkeypatch.setenv("SKIPLAB_FIRST_SEED", text)
            with pytest.raises(ValueError, match=f"SKIPLAB_FIRST_SEED: expected a whole number.*'{text}'"):
                first_seed()


def test_jitter_is_that_of_the_environment(subtests, monkeypatch):
    for text, size in [("1e-6", 1e-6), ("0", 0), ("", 0)]:
        with subtests.test(text=text):
            monkeypatch.setenv("SKIPLAB_JITTER", text)
            assert jitter() == size
    for text in ["much", "-1", "nan", "2"]:
        with subtests.test(text=text):
            monkeypatch.setenv("SKIPLAB_JITTER", text)
            with pytest.raises(ValueError, match=r"SKIPLAB_JITTER: expected a.*number from 0 to 0\.1"):
                jitter()
