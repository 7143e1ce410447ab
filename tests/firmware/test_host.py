"""Addresses of servers, as parameters and networks give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.host import Host


@pytest.mark.parametrize(
    ("text", "name", "port"),
    [
        ("ntp.example", "ntp.example", 123),
        ("192.0.2.1", "192.0.2.1", 123),
        ("192.0.2.1:1123", "192.0.2.1", 1123),
        ("my_clock-1.example.:65535", "my_clock-1.example.", 65535),
        ("2001:db8::1", "2001:db8::1", 123),
        ("[2001:db8::1]", "2001:db8::1", 123),
        ("[::1]:1123", "::1", 1123),
    ],
)
def test_host_is_read(text: str, name: str, port: int) -> None:
    assert Host.parse(text, 123) == Host(name=name, port=port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "two hosts",
        "ntp.example:0",
        "ntp.example:65536",
        "ntp.example:",
        "ntp.example:1:2",
        "ntp://ntp.example",
        "[ntp.example]:1",
        "[1.2]",
        "[::1",
        "fe80::1%eth0",
        "ntp.example\n",
        "ntp\0.example",
        "n\u00fcrnberg.example",
        "a:\uff11\uff12\uff13",
        "x" * 256,
    ],
)
def test_what_is_no_host_is_none(text: str) -> None:
    assert Host.parse(text, 123) is None


@given(st.text(alphabet=st.sampled_from("a.:[]%-0123456789\n "), max_size=40))
def test_any_text_is_a_host_or_none(text: str) -> None:
    host = Host.parse(text, 123)
    assert host is None or (host.name in text and 1 <= host.port <= 65535)
