"""A phone that boots from a boot server with faults, and what has to hold of it afterwards."""

from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lifecycle import State
from phone_sim.licensing.expiry import NEVER
from phone_sim.runtime.flash_file import MemoryFlash
from phone_sim.runtime.transport import Limits, network_transport
from tests.make import PHONE_FILE, USB_AUDIO, signed_key
from tests.runtime.phones import CONFIGURATION, Bench, bench, phone_license, within

LICENSE = phone_license()
EARLIER = FlashContents(keys=(signed_key({USB_AUDIO: NEVER}),))
"""What the phone has in flash before: a license that does not grant what is configured."""


def licensed_site() -> MemorySite:
    """The files that configure the corporate directory, and the license for it."""
    return MemorySite(CONFIGURATION | {PHONE_FILE: LICENSE})


def booted(url: str, limits: Limits) -> Bench:
    """A phone that has booted from the boot server at a URL."""
    transport = network_transport(limits=limits)
    phone = bench(transport, boot_server=url, flash=MemoryFlash(EARLIER))
    within(phone.driver.power_on)
    transport.close()
    return phone


def assert_unlicensed(phone: Bench, why: str) -> None:
    """The phone is in service without the feature, flash is as it was, and one line of the log says why."""
    assert phone.phone.state is State.IDLE
    assert phone.enabled == ()
    assert phone.kept().keys == EARLIER.keys
    (line,) = phone.texts(PHONE_FILE)
    assert line.startswith(why)


def assert_licensed(phone: Bench) -> None:
    """The license file has arrived whole: the phone is in service with the feature."""
    assert phone.phone.state is State.IDLE
    assert phone.enabled == ("LDAP",)
    assert len(phone.kept().keys) == 2
