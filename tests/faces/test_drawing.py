"""Marks on a photograph: seen on any ground, inside it, beside one another; names in any script, or a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaiyan.faces.drawing import MARK_COLOURS, PAPER_COLOUR, FaceMark, marked, unwritable
from kaiyan.faces.gallery_answers import NAME, UNKNOWN, UNSURE
from kaiyan.faces.lettering import font_for

GROUNDS = {"black": 0, "white": 255, "grey": 128}


def _count(image: Any, colour: tuple[int, ...]) -> int:
    return int((np.asarray(image) == colour).all(axis=2).sum())


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("kind", [NAME, UNSURE, UNKNOWN])
def test_box_and_words_are_seen_on_any_ground(ground: str, kind: str) -> None:
    pixels = np.full((700, 700, 3), GROUNDS[ground], np.uint8)
    image = np.asarray(marked(pixels, [FaceMark((300, 300, 419, 419), "Ann  0.31", "1", kind)]))
    changed = (image != pixels).any(axis=2)
    assert _count(image, MARK_COLOURS[kind]) > 4 * 119
    assert _count(image, PAPER_COLOUR) > 1000
    assert not changed[320:400, 320:400].any()  # the face itself stays as it is
    assert not changed[480:].any()


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(-40, 200), st.integers(-40, 300), st.integers(1, 120)), min_size=1, max_size=6),
    st.sampled_from(["A", "Wilhelmina van der Berg-Ovando", "x" * 200]),
)
def test_words_are_drawn_whole_wherever_the_face_is(faces: list[tuple[int, int, int]], words: str) -> None:
    """No paper at the edge of the picture: every label has its own edge inside."""
    marks = [FaceMark((top, left, top + side, left + side), words, "1") for top, left, side in faces]
    image = np.asarray(marked(np.full((240, 320, 3), 90, np.uint8), marks))
    assert image.shape == (480, 640, 3)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert not (edge == PAPER_COLOUR).all(axis=1).any()


def test_words_of_two_neighbours_do_not_cover_each_other() -> None:
    """Paper of two labels apart is as much as that of each alone."""
    pixels = np.full((700, 900, 3), 128, np.uint8)
    both = [FaceMark((200, 200, 299, 299), "Ann", "1"), FaceMark((200, 250, 299, 349), "Bob", "2")]
    alone = sum(_count(marked(pixels, [mark]), PAPER_COLOUR) for mark in both)
    assert _count(marked(pixels, both), PAPER_COLOUR) == alone


def test_a_font_has_every_sign_that_it_is_given_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert font_for("Jürgen Müller 0.31", 20) is not None
    monkeypatch.setattr("kaiyan.faces.lettering.WIDE_FONTS", ())
    assert font_for("张伟", 20) is None
    mark = FaceMark((300, 300, 419, 419), "张伟  0.31", "1")
    assert unwritable([mark, FaceMark((0, 0, 9, 9), "Ann", "2")]) == ("张伟  0.31",)
    pixels = np.full((700, 700, 3), 128, np.uint8)
    same = FaceMark((300, 300, 419, 419), "1", "1")
    assert np.array_equal(np.asarray(marked(pixels, [mark])), np.asarray(marked(pixels, [same])))


def test_chinese_is_written_where_the_machine_has_a_font_for_it() -> None:
    font = font_for("张伟", 20)
    if font is None:
        assert unwritable([FaceMark((0, 0, 9, 9), "张伟", "1")]) == ("张伟",)
    else:
        assert len({bytes(font.getmask(sign)) for sign in "张伟李"}) == 3
