"""Reading knobs from text, and the table that suites are parametrised over."""

from __future__ import annotations

from dataclasses import fields

import pytest

from personalize_sync.sandbox import ALTERNATIVES, KnobError, Knobs, starred_settings
from personalize_sync.sandbox.knobs import Span

UNSTARRED = {"K08", "K18", "K25", "K26", "K30", "K34", "K40", "K41", "K45", "K47", "K51"}


def test_a_setting_may_name_the_knob_or_its_number() -> None:
    """`K06=merge` and `omitted_fields=merge` mean the same."""
    assert Knobs.parse(["K06=merge"]) == Knobs.parse(["omitted_fields=merge"])
    assert Knobs.parse(["k06=merge"]).omitted_fields == "merge"


def test_numbers_stay_numbers() -> None:
    """A status code that a setting names is an integer, not a text."""
    assert Knobs.parse(["K16=409", "K17=409", "K01=60"]) == Knobs(
        duplicate_friendly_id=409, duplicate_name=409, token_expires_in=60
    )


def test_spans_count_requests_or_seconds() -> None:
    """`3r` are three requests, `20s` are twenty seconds."""
    knobs = Knobs.parse(["publishing_lasts=20s", "list_lag=3r"])

    assert knobs.publishing_lasts == Span(20, "seconds")
    assert knobs.list_lag == Span(3, "requests")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("K06", '"K06" is no setting'),
        ("K06=mrege", "Settings: reset, merge."),
        ("K54=x", 'There is no knob "K54"'),
        ("omited_fields=merge", 'Did you mean "omitted_fields"?'),
        ("K01=soon", "takes a whole number"),
        ("publishing_lasts=20", "write 3r for requests or 20s for seconds"),
    ],
)
def test_a_wrong_setting_is_explained(setting: str, complaint: str) -> None:
    """An unknown knob, setting, number or span is an error that names the way out."""
    with pytest.raises(KnobError, match=r"(?s).*") as caught:
        Knobs.parse([setting])

    assert complaint in str(caught.value)


def test_a_wrong_value_in_code_is_refused_as_well() -> None:
    """The constructor checks what the type checker might not see."""
    with pytest.raises(KnobError, match="put_status has no setting"):
        Knobs(put_status=204)  # type: ignore[arg-type]
    with pytest.raises(KnobError, match="takes a whole number"):
        Knobs(token_expires_in=-1)


def test_text_shows_only_what_was_changed_and_can_be_read_again() -> None:
    """`str` of knobs is a line of settings."""
    knobs = Knobs.parse(["K06=merge", "list_lag=5s"])

    assert str(Knobs()) == ""
    assert str(knobs) == "K06=merge list_lag=5s"
    assert Knobs.parse(str(knobs).split()) == knobs


def test_real_time_keeps_what_was_chosen() -> None:
    """A server measures in seconds, unless somebody set a span."""
    knobs = Knobs.parse(["list_lag=7r"]).in_real_time()

    assert knobs.list_lag == Span(7, "requests")
    assert knobs.publishing_lasts.unit == "seconds"
    assert knobs.throttle_seconds == 1


def test_the_table_lists_all_53_knobs_with_their_stars() -> None:
    """The table has every numbered question, its default, and the star of the reference."""
    assert list(ALTERNATIVES) == [f"K{number:02d}" for number in range(1, 54)]
    assert {number for number, it in ALTERNATIVES.items() if not it.starred} == UNSTARRED | {"K52"}
    assert all(
        getattr(Knobs(), knob.field) == knob.default and knob.default not in knob.others
        for knob in ALTERNATIVES.values()
    )


def test_every_alternative_can_be_parsed() -> None:
    """Each listed setting changes exactly its own knob."""
    for knob in ALTERNATIVES.values():
        for setting, value in zip(knob.settings, knob.others, strict=True):
            parsed = Knobs.parse([setting])
            changed = [it.name for it in fields(Knobs) if getattr(parsed, it.name) != it.default]
            assert changed == [knob.field]
            assert getattr(parsed, knob.field) == value


def test_starred_settings_are_the_alternatives_of_starred_knobs() -> None:
    """A suite that takes all starred settings meets `K06=merge`, and not `K08=as-sent`."""
    assert "K06=merge" in starred_settings()
    assert "K08=as-sent" not in starred_settings()
    assert len(starred_settings()) == sum(
        len(knob.others) for knob in ALTERNATIVES.values() if knob.starred
    )
