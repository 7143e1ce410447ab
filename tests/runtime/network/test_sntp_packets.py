"""The packets of SNTP, held against ntplib, and the turn of the era (RFC 4330, 3 and 5)."""

from datetime import UTC, datetime, timedelta

import ntplib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.runtime.network.sntp_packets import SIZE, SntpAnswer, is_answer, question, read_answer
from tests.make import utc
from tests.runtime.hostile_sntp import answer, timestamp

TOKEN = b"8 bytes!"
NOON = utc("2026-03-10T12:00")
ERA_0, ERA_1 = datetime(1968, 1, 20, 3, 14, 8, tzinfo=UTC), utc("2036-02-07T06:28:16")


def test_question_is_what_another_decoder_reads() -> None:
    packet = ntplib.NTPPacket()
    packet.from_data(question(TOKEN))
    assert (packet.leap, packet.version, packet.mode, packet.stratum) == (0, 4, 3, 0)
    assert (packet.ref_timestamp, packet.orig_timestamp, packet.recv_timestamp) == (0, 0, 0)
    assert question(TOKEN)[-8:] == TOKEN
    assert len(question(TOKEN)) == SIZE


@pytest.mark.slow
@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2036, 2, 7), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_answer_of_another_encoder_is_read(instant: datetime) -> None:
    seconds = ntplib.system_to_ntp_time(instant.timestamp())
    packet = ntplib.NTPPacket(version=4, mode=4, tx_timestamp=seconds)
    packet.stratum, packet.recv_timestamp = 2, seconds - 0.25
    found = read_answer(packet.to_data())
    assert isinstance(found, SntpAnswer)
    assert abs(found.sent - instant) < timedelta(microseconds=10)  # a float has no more
    assert abs(found.held - timedelta(seconds=0.25)) < timedelta(microseconds=10)


@pytest.mark.parametrize(
    "instant",
    [
        ERA_0,
        utc("2007-01-01"),
        ERA_1 - timedelta(microseconds=1),
        ERA_1 + timedelta(microseconds=1),
        utc("2040-01-01"),
        utc("2104-02-26T09:42:23"),
    ],
)
def test_time_of_either_era_is_read(instant: datetime) -> None:
    found = read_answer(answer(question(TOKEN), instant))
    assert isinstance(found, SntpAnswer)
    assert abs(found.sent - instant) <= timedelta(microseconds=1)


def test_zero_is_unknown_and_not_the_turn_of_the_era() -> None:
    assert timestamp(ERA_1) == bytes(8)
    assert read_answer(answer(question(TOKEN), ERA_1)) == "it tells no time"


@pytest.mark.parametrize("received", ["2036-02-07T06:28:15", "2036-02-07T06:28:17"])
def test_time_that_a_question_was_held_is_right_over_the_turn_of_the_era(received: str) -> None:
    found = read_answer(answer(question(TOKEN), utc("2036-02-07T06:28:17"), received=utc(received)))
    assert isinstance(found, SntpAnswer)
    assert found.held == utc("2036-02-07T06:28:17") - utc(received)


def test_server_that_received_after_it_sent_has_held_nothing() -> None:
    found = read_answer(answer(question(TOKEN), NOON, received=NOON + timedelta(days=1)))
    assert found == SntpAnswer(sent=NOON, held=timedelta())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"mode": 3}, "its answer has mode 3"),
        ({"mode": 5}, "its answer has mode 5"),
        ({"stratum": 0, "reference": b"RATE"}, "it does not want to be asked: RATE"),
        ({"stratum": 0, "reference": b"RATE", "leap": 3}, "it does not want to be asked: RATE"),
        ({"stratum": 0, "reference": b"\0\xff\n\0"}, "it is not synchronized"),
        ({"stratum": 0, "reference": bytes(4)}, "it is not synchronized"),
        ({"stratum": 16}, "it is not synchronized"),
        ({"stratum": 255}, "it is not synchronized"),
        ({"leap": 3}, "it is not synchronized"),
        ({"transmit": bytes(8)}, "it tells no time"),
    ],
)
def test_answer_that_is_not_to_be_believed_is_named(wrong: dict[str, object], reason: str) -> None:
    assert read_answer(answer(question(TOKEN), NOON, **wrong)) == reason  # type: ignore[arg-type]


@pytest.mark.parametrize("good", [{"stratum": 1}, {"stratum": 15}, {"leap": 1}, {"leap": 2}, {"version": 3}])
def test_answer_within_the_rules_is_believed(good: dict[str, int]) -> None:
    assert isinstance(read_answer(answer(question(TOKEN), NOON, **good)), SntpAnswer)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47])
def test_short_packet_answers_nothing(length: int) -> None:
    assert not is_answer(answer(question(TOKEN), NOON)[:length], TOKEN)


def test_answer_to_another_question_answers_nothing() -> None:
    assert is_answer(answer(question(TOKEN), NOON), TOKEN)
    for originate in (bytes(8), b"9 bytes!", TOKEN[::-1]):
        assert not is_answer(answer(question(TOKEN), NOON, originate=originate), TOKEN)


@given(st.binary(min_size=SIZE, max_size=80))
def test_any_bytes_are_read(packet: bytes) -> None:
    assert isinstance(read_answer(packet), SntpAnswer | str)
