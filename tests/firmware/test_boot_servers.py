"""Several boot servers in order: the first that answers is the phone's until its next boot (field notes 1.3)."""

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetch, FetchReply, NotFound, TransferFailed, Upload, Uploaded
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.license_file import write
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import PHONE_FILE, configured, master, signed_key

FILES = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": configured("LDAP"),
    PHONE_FILE: write([signed_key()]),
}
MAC = PHONE_FILE.partition("-")[0]


def phone_between(first: FetchReply | None, down: set[str]) -> VirtualPhone:
    """A phone with two boot servers, of which those in `down` give no answer; the first may answer with one reply."""

    def fetch(request: Fetch) -> FetchReply:
        host = request.location.url.split("/")[2]
        if host in down:
            return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
        return first if host == "one.example" and first is not None else serve(FILES).fetch(request)

    transport = MemoryTransport(fetch, lambda _: Uploaded())
    return VirtualPhone("http://one.example/ http://two.example/", mac=MAC, transport=transport)


def hosts(phone: VirtualPhone) -> list[str]:
    return [one.request.location.url.split("/")[2] for one in phone.requests]


def test_second_server_is_asked_when_the_first_is_silent() -> None:
    with phone_between(None, {"one.example"}) as phone:
        phone.boot()
        assert hosts(phone)[0] == "one.example"
        assert set(hosts(phone)[1:]) == {"two.example"}
        assert phone.feature("LDAP").is_enabled
        assert isinstance(phone.requests[-1].request, Upload)


def test_server_that_answers_is_the_one_whatever_it_says() -> None:
    with phone_between(NotFound("404"), set()) as phone:
        phone.boot()
        assert set(hosts(phone)) == {"one.example"}


def test_first_server_is_tried_again_at_the_next_boot() -> None:
    down = {"one.example"}
    with phone_between(None, down) as phone:
        phone.boot()
        down.clear()
        before = len(phone.requests)
        phone.boot()
        assert set(hosts(phone)[before:]) == {"one.example"}


def test_phone_runs_on_its_last_configuration_when_all_are_silent() -> None:
    down: set[str] = set()
    with phone_between(None, down) as phone:
        phone.boot()
        down |= {"one.example", "two.example"}
        phone.boot()
        assert hosts(phone)[-2:] == ["one.example", "two.example"]
        assert phone.feature("LDAP").is_enabled


@pytest.mark.parametrize("addresses", ["", " ".join(f"http://h{number}/" for number in range(9)), "http://a/ nowhere"])
def test_addresses_that_cannot_be_tried_are_refused(addresses: str) -> None:
    with pytest.raises(UsageError):
        BootServerAddress.parse_all(addresses)
