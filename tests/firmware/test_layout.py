"""How much text displays take, and that none of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.layout import ELLIPSIS, Layout, layout_of
from phone_sim.models import Display
from phone_sim.runtime.model_files import load_models

NARROW = Layout(columns=17, rows=2)


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows", "is_small"),
    [
        (102, 33, 17, 2, True),
        (132, 46, 22, 3, True),
        (248, 68, 31, 3, False),
        (256, 116, 32, 5, False),
        (320, 160, 40, 8, False),
        (800, 480, 50, 10, False),
        (1, 1, 12, 1, True),
        (4096, 4096, 256, 100, False),
    ],
)
def test_pixels_become_rows_and_columns(width: int, height: int, columns: int, rows: int, is_small: bool) -> None:
    layout = layout_of(Display(width=width, height=height, colors="grey"))
    assert (layout.columns, layout.rows, layout.is_small) == (columns, rows, is_small)


def test_only_displays_of_family_ip_330_and_the_430_are_small() -> None:
    small = {model.token for model in load_models() if model.is_in_bulletin and layout_of(model.display).is_small}
    assert small == {"SPIP_320", "SPIP_321", "SPIP_330", "SPIP_331", "SPIP_335", "SPIP_430"}


def test_text_is_cut_wrapped_or_both() -> None:
    text = "Voice Quality Monitoring: Expired 2026-06-30"
    assert NARROW.cut(text) == "Voice Quality Mo…"
    assert NARROW.wrapped(text) == ("Voice Quality", " Monitoring:", " Expired", " 2026-06-30")
    assert NARROW.block(text) == ("Voice Quality", " Monitoring:…")
    assert NARROW.cut("Phone") == "Phone"
    assert NARROW.block("VQMon: Expired 2026-06-30") == ("VQMon: Expired", " 2026-06-30")


def test_what_is_no_character_is_a_blank() -> None:
    assert NARROW.wrapped("a\x1b[2Jb\nc\x9bd") == ("a [2Jb c d",)
    assert NARROW.wrapped("\n") == ("",)


@given(st.text(max_size=200), st.integers(12, 60), st.integers(1, 14))
def test_wrapped_text_fits_and_is_whole(text: str, columns: int, rows: int) -> None:
    layout = Layout(columns=columns, rows=rows)
    wrapped = layout.wrapped(text)
    assert all(len(row) <= columns and row.isprintable() for row in (*wrapped, *layout.block(text), layout.cut(text)))
    shown = [character for character in text if character.isprintable() and character != " "]
    assert [character for row in wrapped for character in row if character != " "] == shown
    assert 1 <= len(layout.block(text)) <= rows
    assert layout.block(text) == wrapped or layout.block(text)[-1].endswith(ELLIPSIS)
