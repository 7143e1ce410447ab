"""The datagrams of TFTP and the options they carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.boot_server.tftp_packets import (
    Acknowledgment,
    Agreement,
    Block,
    Call,
    MalformedPacketError,
    TftpError,
    ack_packet,
    agree,
    data_packet,
    error_packet,
    from_netascii,
    parse,
    to_netascii,
)


def test_request_is_read() -> None:
    assert parse(b"\0\1/a.cfg\0OCTET\0BlkSize\0001024\0tsize\0000\0") == Call(
        method="RRQ", path="/a.cfg", mode="octet", options={"blksize": "1024", "tsize": "0"}
    )
    assert parse(b"\0\2log\0netascii\0") == Call(method="WRQ", path="log", mode="netascii", options={})


def test_packets_are_those_of_the_rfc() -> None:
    assert data_packet(1, b"ab") == b"\0\3\0\1ab"
    assert ack_packet(0) == b"\0\4\0\0"
    assert error_packet(0, "été") == b"\0\5\0\0?t?\0"
    assert parse(b"\0\3\0\1ab") == Block(number=1, data=b"ab")
    assert parse(b"\0\4\xff\xff") == Acknowledgment(number=65535)
    assert parse(b"\0\5\0\1no\0") == TftpError(code=1)


def test_block_numbers_roll_over_to_zero() -> None:
    assert data_packet(65_535, b"")[2:4] == b"\xff\xff"
    assert data_packet(65_536, b"")[2:4] == b"\0\0"
    assert ack_packet(131_073)[2:4] == b"\0\1"


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0",
        b"\0\1",
        b"\0\1\0",
        b"\0\1a",
        b"\0\1a\0octet",
        b"\0\1\xff\0octet\0",
        b"\0\1a\0octet\0blksize\0",
        b"\0\1a\0octet\0blksize\0008",
        b"\0\1a\0octet\0\0\0",
        b"\0\1" + b"a" * 504 + b"\0octet\0",
        b"\0\3\0",
        b"\0\4\0",
        b"\0\5\0",
        b"\0\6blksize\0008\0",
        b"\0\7abc",
        b"\xff\xff\xff\xff",
    ],
)
def test_malformed_datagram_is_told_apart(datagram: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        parse(datagram)


def test_longest_request_is_read() -> None:
    longest = b"\0\1" + b"a" * 503 + b"\0octet\0"
    assert len(longest) == 512
    assert isinstance(parse(longest), Call)


@given(st.binary(max_size=600) | st.builds(lambda code, rest: bytes([0, code]) + rest, st.integers(0, 7), st.binary()))
def test_noise_raises_nothing_else(datagram: bytes) -> None:
    try:
        parse(datagram)
    except MalformedPacketError:
        return


@pytest.mark.parametrize(
    ("asked", "accepted"),
    [
        ({}, {}),
        ({"blksize": "8"}, {"blksize": "8"}),
        ({"blksize": "65464"}, {"blksize": "65464"}),
        ({"blksize": "70000"}, {"blksize": "65464"}),
        ({"blksize": "7"}, {}),
        ({"blksize": "-8"}, {}),
        ({"blksize": "x"}, {}),
        ({"blksize": "9" * 500}, {}),
        ({"blksize": "²"}, {}),
        ({"tsize": "0"}, {"tsize": "1234"}),
        ({"timeout": "1"}, {"timeout": "1"}),
        ({"timeout": "255"}, {"timeout": "255"}),
        ({"timeout": "0"}, {}),
        ({"timeout": "256"}, {}),
        ({"windowsize": "4", "blksize": "512"}, {"blksize": "512"}),
    ],
)
def test_options_are_agreed(asked: dict[str, str], accepted: dict[str, str]) -> None:
    agreement = agree(asked, size=1234)
    assert agreement.accepted == accepted
    assert agreement.block_size == int(accepted.get("blksize", "512"))


def test_announced_size_of_an_upload_is_echoed() -> None:
    assert agree({"tsize": "99"}) == Agreement(announced_size=99, accepted={"tsize": "99"})


def test_netascii_has_two_bytes_for_a_line_end_and_for_a_carriage_return() -> None:
    assert to_netascii(b"a\nb\rc\r\nd") == b"a\r\nb\r\0c\r\0\r\nd"
    assert from_netascii(b"a\r\nb\r\0c\r\0\r\nd") == b"a\nb\rc\r\nd"


def test_carriage_return_that_netascii_does_not_know_stays() -> None:
    assert from_netascii(b"a\rb\n\r\r\n\r") == b"a\rb\n\r\n\r"


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\0", b"a"])).map(b"".join))
def test_file_comes_back_from_netascii_as_it_was(data: bytes) -> None:
    assert from_netascii(to_netascii(data)) == data
