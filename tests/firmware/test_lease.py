"""What a phone takes from a DHCP lease (field notes 1.3), and what it makes of values that make no sense."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.cli.phone_report import check_boot
from phone_sim.errors import UsageError
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lease import DhcpSettings, LeaseInfo, RefusedOption, asked_options, lease_info
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.network_effects import AskLease, LeaseAnswer, Leased, NoLease
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.session import Identity
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.by_hand import by_hand
from tests.make import MAC, configured, identity, master

EAST_OF_GREENWICH = struct.pack("!i", 25200)


def told(options: dict[int, bytes], *numbers: int) -> LeaseInfo:
    settings = DhcpSettings(boot_server_options=numbers) if numbers else DhcpSettings()
    return lease_info(options, settings)


def booted(reply: LeaseAnswer | None, *, url: str = "", **parameters: str) -> VirtualPhone:
    """A phone that has asked DHCP, and has booted from a server that has the parameters."""
    files = {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": configured(**parameters)}
    network = Network(lease=None if reply is None else lambda _: reply)
    phone = VirtualPhone(url, mac=MAC, dhcp=DhcpSettings(), network=network, transport=serve(files))
    phone.boot()
    return phone


def offset(phone: VirtualPhone) -> int:
    service = phone.driver.phone.service
    assert service is not None
    return service.session.settings.zone.gmt_offset


def test_question_is_that_of_real_phones() -> None:
    asked: list[AskLease] = []

    def lease(ask: AskLease) -> LeaseAnswer:
        asked.append(ask)
        return NoLease("no answer")

    with VirtualPhone(mac=MAC, dhcp=DhcpSettings(), network=Network(lease=lease), transport=serve({})) as phone:
        phone.boot()
    assert asked[0].options == (1, 28, 160, 66, 43, 3, 4, 42, 2, 6, 15, 7)
    assert asked[0].vendor_class == "Polycom-SPIP670"
    assert asked[0].host_name == f"Polycom_{MAC}"


def test_custom_option_is_asked_for_whichever_is_looked_at() -> None:
    for numbers, asked in (((66,), (160, 66)), ((160, 66), (160, 66)), ((66, 161), (161, 66))):
        assert asked_options(DhcpSettings(boot_server_options=numbers))[2:4] == asked


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((), "http://custom.example/"), ((66,), "tftp://boot.example/"), ((66, 160), "tftp://boot.example/")],
)
def test_options_are_looked_at_in_order(numbers: tuple[int, ...], expected: str) -> None:
    options = {66: b"tftp://boot.example/\0", 160: b"http://custom.example/"}
    assert told(options, *numbers).boot_server == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"tftp://10.0.0.1/\0\0", "tftp://10.0.0.1/"),
        (b"http://user:se'cret@10.0.0.1/", "http://user:se'cret@10.0.0.1/"),
        (b"http://user:secret@10.0.0.1/dir/example1.cfg", "http://user:secret@10.0.0.1/dir/example1.cfg"),
        (b"boot.example", "ftp://boot.example"),
        (b"10.0.0.1", "ftp://10.0.0.1"),
        (b"\x0a\x00\x00\x01", "ftp://10.0.0.1"),
        (b"\x0a\x01\x00\x00", "ftp://10.1.0.0"),
        (b"boot", "ftp://boot"),
        (b"http://one.example/ http://two.example/", "http://one.example/ http://two.example/"),
        (b"", ""),
        (b"http://", ""),
        (b"\xff\xfe\xfd", ""),
        (b"http://[", ""),
        (b" ".join([b"http://boot.example/"] * 9), ""),
    ],
)
def test_boot_server_of_an_option(value: bytes, expected: str) -> None:
    assert told({66: value}).boot_server == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"file:///srv/tftp/", "address 1 of 1 begins with file:, expected one of: http, https, ftp, ftps, tftp"),
        (b"file:/srv", "address 1 of 1 begins with file:, expected one of: http, https, ftp, ftps, tftp"),
        (b"http://me:secret@one.example/ http:///", "address 2 of 2 has no usable host or port"),
        (b"boot.example:65536", "address 1 of 1 has no usable host or port"),
        (b"http:/192.168.77.1/", "address 1 of 1 begins with http:/, expected http://"),
        (b'"http://192.168.77.1/"', "it begins with a quotation mark, expected the address alone"),
        (b"'boot.example'", "it begins with a quotation mark, expected the address alone"),
        (b"0.0.0.0", "0.0.0.0 stands for no server"),
        (b"http://0.0.0.0/", "0.0.0.0 stands for no server"),
        (b"\0\0\0\0", "0.0.0.0 stands for no server"),
        (b" ".join([b"boot"] * 9), "it lists 9 boot servers, at most 8 can be used"),
        (b"bo\0ot.example", "byte 2 is NUL"),
        (b"bo\x1bot.example", "byte 2 is a control character"),
        (b"boot.\xe9xample", "byte 5 is not ASCII"),
        (b"\0", "it is empty"),
    ],
)
def test_value_that_is_no_boot_server_is_refused_with_its_reason(value: bytes, reason: str) -> None:
    found = told({160: value, 66: b"boot"})
    (refused,) = found.refused
    assert (refused.option, refused.reason) == ("160", reason)
    assert found.boot_server == "ftp://boot"
    inside = told({43: bytes([66, len(value)]) + value})
    assert inside.refused == (RefusedOption("66 in option 43", refused.value, reason),)
    lease = Leased(address="10.0.0.9", options={160: value})
    with booted(lease) as phone:
        assert f"DHCP: option 160 is {refused.value} and names no boot server: {reason}" in phone.log


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'"http://10.0.0.1/polycom"', "'\"http://10.0.0.1/polycom\"'"),
        (b"http:/me:secret@10.0.0.1/", "'****@10.0.0.1/'"),
        (b'"http://me:secret@10.0.0.1/?token=secret"', "'\"http://****@10.0.0.1/?****'"),
        (b"me:se@cret@ten!:x", "'****@ten!:x'"),
        (b"bo\0o\x1bt\xe9", r"'bo\x00o\x1bt\xe9'"),
        (b"\0\0", "'00 00'"),
        (b"", "'empty'"),
        (b"\0\0\0\0", "'00 00 00 00'"),
        (b"file:/" + 300 * b"x", f"'file:/{'x' * 74}'"),
    ],
)
def test_refused_value_is_shown_escaped_and_without_what_may_be_secret(value: bytes, shown: str) -> None:
    (refused,) = told({66: value}, 66).refused
    assert refused.value == shown


def test_address_keeps_its_query() -> None:
    assert told({66: b"http://boot.example/p?site=7"}).boot_server == "http://boot.example/p?site=7"
    with booted(Leased(address="10.0.0.9", options={66: b"http://boot.example/p?site=7"})) as phone:
        assert phone.requests[0].request.location.url == f"http://boot.example/p/{MAC}.cfg?site=7"


def test_next_option_counts_when_one_makes_no_sense() -> None:
    assert told({160: b"http://", 66: b"tftp://boot.example/"}).boot_server == "tftp://boot.example/"


def test_vendor_options_fill_what_is_absent() -> None:
    inside = b"\x00\x42\x04boot\x02\x04" + EAST_OF_GREENWICH + b"\xff"
    assert told({43: inside}) == LeaseInfo(boot_server="ftp://boot", gmt_offset=25200)
    assert told({43: inside, 66: b"tftp://boot.example/"}).boot_server == "tftp://boot.example/"


def test_vendor_options_need_no_end_mark() -> None:
    assert told({43: b"\x42\x04boot"}).boot_server == "ftp://boot"
    assert told({43: b"\x42\x04boot\x02\x04\x00"}) == LeaseInfo(boot_server="ftp://boot")  # the second is cut off
    assert told({43: b"\xff\x00\x42\x04boot"}) == LeaseInfo()  # after an end mark nothing counts


def test_times_and_logs_have_servers() -> None:
    found = told({42: bytes([10, 0, 0, 1, 0, 0, 0, 0, 10, 0, 0, 2]), 7: bytes([10, 0, 0, 3, 10, 0, 0, 4])})
    assert found.time_servers == ("10.0.0.1", "10.0.0.2")
    assert found.log_server == "10.0.0.3"
    assert told({4: bytes([10, 0, 0, 5])}).time_servers == ("10.0.0.5",)
    assert told({42: b"\x0a\x00", 7: b"x"}) == LeaseInfo()


@pytest.mark.parametrize("value", [b"", b"\0\0\0", struct.pack("!i", 14 * 3600 + 1), b"\x7f\xff\xff\xff", bytes(5)])
def test_offset_that_makes_no_sense_is_none(value: bytes) -> None:
    assert told({2: value}).gmt_offset is None


@given(st.dictionaries(st.integers(0, 255), st.binary(max_size=300)))
def test_any_options_tell_usable_things(options: dict[int, bytes]) -> None:
    found = told(options)
    if found.boot_server:
        BootServerAddress.parse_all(found.boot_server)
    assert found.gmt_offset is None or abs(found.gmt_offset) <= 14 * 3600


@pytest.mark.parametrize("numbers", [(), (65,), (160, 255), (127,)])
def test_numbers_that_name_no_boot_server_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="boot server"):
        DhcpSettings(boot_server_options=numbers)


def test_phone_boots_from_the_server_of_its_lease() -> None:
    with booted(Leased(address="10.0.0.9", options={66: b"http://user:secret@boot.example/site/"})) as phone:
        assert phone.requests[0].request.location.url == f"http://boot.example/site/{MAC}.cfg"
        assert "DHCP: address 10.0.0.9, boot server http://boot.example/site/" in phone.log
        assert "secret" not in phone.log
        kept = phone.flash.read()
        assert isinstance(kept, FlashContents)
        assert kept.boot_server == "http://user:secret@boot.example/site/"


def test_server_given_by_hand_goes_before_that_of_the_lease() -> None:
    lease = Leased(address="10.0.0.9", options={66: b"http://boot.example/", 2: EAST_OF_GREENWICH})
    with booted(lease, url="http://hand.example/") as phone:
        assert phone.requests[0].request.location.url == f"http://hand.example/{MAC}.cfg"
        assert offset(phone) == 25200


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "no boot server is known: DHCP named none, and --server gives one"),
        (
            {160: b'"http://me:secret@10.0.0.1/"', 66: bytes(4)},
            "no boot server is known: DHCP option 160 is '\"http://****@10.0.0.1/\"' (it begins with a "
            "quotation mark, expected the address alone), and DHCP option 66 is '00 00 00 00' (0.0.0.0 stands for no "
            "server), and --server gives one",
        ),
    ],
)
def test_error_names_the_options_that_cannot_be_used(options: dict[int, bytes], words: str) -> None:
    with booted(Leased(address="10.0.0.9", options=options)) as phone, pytest.raises(UsageError) as caught:
        check_boot(phone.driver)
    assert str(caught.value) == words


def test_no_lease_is_logged_and_flash_knows_the_server() -> None:
    answers: list[LeaseAnswer] = [
        Leased(address="10.0.0.9", options={66: b"http://boot.example/"}),
        NoLease("no answer"),
    ]
    files = {"000000000000.cfg": master()}
    network = Network(lease=lambda _: answers.pop(0))
    with VirtualPhone(mac=MAC, dhcp=DhcpSettings(), network=network, transport=serve(files)) as phone:
        phone.boot()
        phone.boot()
        assert "DHCP: no lease: no answer" in phone.log
        assert phone.requests[-1].request.location.url.startswith("http://boot.example/")


def test_phone_without_a_network_goes_on() -> None:
    with booted(None) as phone:
        assert "No boot server is known" in phone.log
        assert "DHCP" not in phone.log


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, 25200),
        ({"tcpIpApp_sntp_gmtOffset": "3600"}, 25200),
        ({"tcpIpApp_sntp_gmtOffset": "3600", "tcpIpApp_sntp_gmtOffset_overrideDHCP": "1"}, 3600),
        ({"tcpIpApp_sntp_gmtOffset_overrideDHCP": "1"}, 25200),
    ],
)
def test_offset_of_the_lease_goes_first_unless_overridden(parameters: dict[str, str], expected: int) -> None:
    lease = Leased(address="10.0.0.9", options={66: b"http://boot.example/", 2: EAST_OF_GREENWICH})
    with booted(lease, **parameters) as phone:
        assert offset(phone) == expected


def test_phone_by_hand_asks_no_dhcp() -> None:
    given_identity = identity()
    assert isinstance(given_identity, Identity)
    with by_hand(Phone(given_identity).power_on()) as steps:
        assert not any(isinstance(steps.send(), AskLease) for _ in range(3))
