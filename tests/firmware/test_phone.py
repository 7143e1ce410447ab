"""A phone's life besides the daily check: reboots by hand, power cuts, what is refused (B18, D11)."""

from datetime import datetime

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import ClockReading
from phone_sim.firmware.features import Enabled
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from tests.by_hand import by_hand
from tests.make import (
    SITE_FILE,
    Dialogue,
    Service,
    enabled,
    identity,
)


@pytest.mark.parametrize("in_call", [False, True])
def test_reboot_by_hand_ends_calls_and_shows_no_message(in_call: bool) -> None:
    service = Service()
    if in_call:
        service.phone.start_call()
    service.effects.clear()
    service.run(service.phone.reboot())
    assert (service.shown, service.reboots) == ([], ["by hand"])
    service.run(service.phone.restart())
    assert (service.phone.calls, service.state) == (0, State.IDLE)


def test_power_cut_leaves_nothing_but_flash() -> None:
    service = Service()
    service.phone.start_call()
    service.phone.cut_power()
    assert (service.state, service.phone.calls) == (State.OFF, 0)
    assert (service.phone.service, service.phone.next_check) == (None, None)
    service.effects.clear()
    for flow in (service.phone.polling_time(), service.phone.clock_set(), service.phone.upload_log()):
        service.run(flow)
    assert service.effects == []
    del service.files[SITE_FILE]
    service.run(service.phone.power_on())
    assert isinstance(service.gate, Enabled)


def test_power_may_be_cut_at_any_moment_of_a_boot() -> None:
    whole = Service()
    for count in range(1, len(whole.effects) + 1):
        site = Dialogue(whole.files, now=whole.now)
        phone = Phone(identity())
        with by_hand(phone.power_on()) as steps:
            reply: object = None
            for _ in range(count):
                effect = steps.send(reply)
                assert effect is not None
                reply = site.reply(effect)
        phone.cut_power()
        assert phone.state is State.OFF
        site.run(phone.power_on())
        assert phone.service is not None
        assert enabled(phone.service) == {"LDAP"}


def test_what_the_state_does_not_know_is_refused_before_anything_is_done() -> None:
    phone = Phone(identity())
    for act in (phone.cut_power, phone.start_call, phone.reboot, phone.end_call):
        with pytest.raises(LifecycleError):
            act()
        assert (phone.state, phone.calls) == (State.OFF, 0)
    service = Service()
    with pytest.raises(LifecycleError, match="there is no call to end"):
        service.run(service.phone.end_call())
    with pytest.raises(LifecycleError, match="idle has no answer to the event: power on"):
        service.run(service.phone.power_on())
    assert service.state is State.IDLE


def test_license_page_is_of_what_the_phone_holds() -> None:
    service = Service()
    reading = ClockReading(datetime.fromisoformat("2026-03-11T00:00+00:00"))
    assert service.phone.licenses(reading).lines == ("Corporate Directory: Expired 2026-03-10",)
    assert Phone(identity()).licenses(reading) == Frame()
