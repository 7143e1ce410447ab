"""A parameter is changed on a phone: kept in flash, in force at once, uploaded, and read back at the next boot."""

import pytest

from phone_sim.errors import LifecycleError, UsageError
from phone_sim.firmware.effects import (
    Fetch,
    FlashDamaged,
    FlashReply,
    FlashUnreadable,
    TransferFailed,
    Uploaded,
    UploadReply,
    WriteFailed,
)
from phone_sim.firmware.flash import FlashContents, decode, encode
from phone_sim.firmware.kept_change import KeptChange, Origin
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.parameter_change import VALUE_LIMIT
from phone_sim.firmware.parameters.layers import SIZE_LIMIT, LayerKind, read_layer
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.timer_effects import PollAfter, WakeAt
from phone_sim.firmware.transfer_facts import FailureKind
from tests.firmware.changed_phone import CLOCK, REFUSALS, ChangedPhone
from tests.make import MAC, element, identity, master, path_of, utc

DIRECTORY = "feature.corporateDirectory.enabled"
PHONE, WEB = f"{MAC}-phone.cfg", f"{MAC}-web.cfg"


def test_change_is_in_force_at_once_kept_and_uploaded() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0")
    assert phone.lines[0].endswith(f"cfg |*|03|Parameter {CLOCK} is changed to 0 (phone)")
    assert phone.requested == [f"+{PHONE}"]
    assert phone.files[PHONE] == (
        b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
        b'<PHONE_CONFIG><OVERRIDES lcl.datetime.time.24HourClock="0"></OVERRIDES></PHONE_CONFIG>'
    )
    assert str(phone.setting()) == f"{CLOCK} is 0 in {PHONE}, line 2"
    assert phone.changes == (KeptChange(file="phone.cfg", name=CLOCK, value="0", is_stored=True),)
    assert (phone.state, phone.reboots) == (State.IDLE, [])


def test_next_boot_reads_it_back_and_uploads_nothing() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0")
    phone.boot()
    assert f"+{PHONE}" not in phone.requested
    source = phone.setting().source
    assert source is not None
    assert (source.kind, source.line) == (LayerKind.OVERRIDE, 2)


@pytest.mark.parametrize("reply", REFUSALS, ids=["refused", "no answer"])
def test_change_that_the_server_does_not_take_is_logged_kept_and_sent_again(reply: UploadReply) -> None:
    phone = ChangedPhone()
    phone.upload_reply = reply
    phone.change(CLOCK, "0")
    reason = getattr(reply, "reason", "")
    assert phone.lines[-1].endswith(f"copy |4|03|Failed to upload file {PHONE}: {reason}")
    for _ in range(2):
        assert str(phone.setting()) == f"{CLOCK} is 0 in {PHONE} (changed on the phone, kept in flash)"
        phone.boot()
    assert f"+{PHONE}" in phone.requested
    phone.upload_reply = Uploaded()
    phone.boot()
    assert CLOCK.encode() in bytes(phone.files[PHONE])  # type: ignore[arg-type]
    phone.boot()
    assert f"+{PHONE}" not in phone.requested


def test_server_that_has_the_file_no_more_leaves_the_change_in_flash() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0")
    del phone.files[PHONE]
    phone.boot()
    assert phone.setting().value == "0"
    assert [line for line in phone.lines if f"File {PHONE} is not on the boot server any more" in line]


def test_server_file_counts_over_a_change_that_it_took() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0")
    phone.files[PHONE] = element("PHONE_CONFIG", {CLOCK: "1"})
    phone.boot()
    assert (phone.setting().value, phone.changes) == ("1", ())
    phone.files[PHONE] = element("PHONE_CONFIG", {"log.render.level": "2"})
    phone.change(CLOCK, "0")
    phone.files[PHONE] = element("PHONE_CONFIG", {"log.render.level": "2"})
    phone.boot()
    assert (phone.setting().source, phone.changes) == (None, ())


def test_change_that_no_server_took_goes_before_its_file() -> None:
    phone = ChangedPhone()
    phone.files[PHONE] = element("PHONE_CONFIG", {CLOCK: "1", "log.render.level": "2"})
    phone.boot()
    phone.upload_reply = REFUSALS[0]
    phone.change(CLOCK, "0")
    phone.upload_reply = Uploaded()
    phone.boot()
    assert (phone.setting().value, phone.setting("log.render.level").value) == ("0", "2")
    assert dict(read_layer(bytes(phone.files[PHONE])).values) == {CLOCK: "0", "log.render.level": "2"}  # type: ignore[arg-type]


def test_override_that_the_server_has_is_uploaded_with_the_change() -> None:
    phone = ChangedPhone()
    phone.files[PHONE] = b"""<?xml version="1.0"?>
<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="x.xsd">
  <b up.idleTimeout="40" reg.1.label="a &lt; &quot;b&quot; &amp;&#10;c"/>
</a>"""
    phone.boot()
    phone.change(CLOCK, "1")
    sent = read_layer(bytes(phone.files[PHONE])).values  # type: ignore[arg-type]
    assert dict(sent) == {"up.idleTimeout": "40", "reg.1.label": 'a < "b" &\nc', CLOCK: "1"}


def test_change_on_the_web_page_goes_into_its_own_file() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0", Origin.WEB)
    assert phone.requested == [f"+{WEB}"]
    phone.change(CLOCK, "1")
    assert phone.requested == [f"+{PHONE}"]
    phone.change(CLOCK, "0", Origin.WEB)
    assert sorted(phone.requested) == [f"+{PHONE}", f"+{WEB}"]
    phone.boot()
    assert phone.setting().value == "0"


def test_firmware_with_one_file_writes_both_into_it() -> None:
    phone = ChangedPhone()
    phone.phone = Phone(identity(firmware="3.2.3"))
    phone.run(phone.phone.power_on())
    phone.change(CLOCK, "1", Origin.WEB)
    assert phone.requested == [f"+{PHONE}"]


def test_overrides_directory_is_that_of_the_master() -> None:
    phone = ChangedPhone()
    phone.files["000000000000.cfg"] = master(CONFIG_FILES="site.cfg", OVERRIDES_DIRECTORY="overrides")
    phone.boot()
    phone.change(CLOCK, "0")
    assert phone.requested == [f"+overrides/{PHONE}"]


def test_switching_a_feature_reboots_when_the_call_has_ended() -> None:
    phone = ChangedPhone("NwayConference")
    phone.phone.start_call()
    phone.change(DIRECTORY, "1")
    assert phone.state is State.WAITING_FOR_IDLE
    phone.change(CLOCK, "0")
    phone.run(phone.phone.end_call())
    assert phone.reboots == ["Applying configuration changes"]
    phone.run(phone.phone.restart())
    assert phone.gate.is_enabled
    phone.change(DIRECTORY, "0", Origin.WEB)
    assert phone.reboots == ["Applying configuration changes from the web interface."]


def test_polling_time_is_in_force_at_once() -> None:
    phone = ChangedPhone()
    phone.change("license.polling.time", "05:00")
    assert [one.instant for one in phone.effects if isinstance(one, WakeAt)] == [utc("2026-03-11T05:00")]


def test_polling_is_switched_on_and_off_at_once() -> None:
    phone = ChangedPhone()
    phone.change("prov.polling.enabled", "1")
    assert [one.seconds for one in phone.effects if isinstance(one, PollAfter)] == [15 * 3600]
    phone.change("prov.polling.enabled", "0")
    phone.effects.clear()
    phone.run(phone.phone.poll())
    assert phone.effects == []
    assert phone.phone.next_poll is None


def test_change_of_something_else_does_not_put_off_a_poll() -> None:
    phone = ChangedPhone()
    phone.change("prov.polling.mode", "rel")
    phone.change("prov.polling.enabled", "1")
    due = phone.phone.next_poll
    phone.effects.clear()
    phone.change(CLOCK, "0")
    assert phone.phone.next_poll == due
    assert not [one for one in phone.effects if isinstance(one, PollAfter)]


def test_change_after_a_boot_without_a_master_is_sent_when_the_master_tells_where() -> None:
    phone = ChangedPhone()
    masters = {name: phone.files[name] for name in (f"{MAC}.cfg", "000000000000.cfg") if name in phone.files}
    for name in (f"{MAC}.cfg", "000000000000.cfg"):
        phone.files[name] = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    phone.boot()
    phone.change(CLOCK, "0")
    assert [one.is_stored for one in phone.changes] == [False]
    assert f"+{PHONE}" not in phone.requested
    for name in (f"{MAC}.cfg", "000000000000.cfg"):
        phone.files.pop(name)
    phone.files |= masters
    phone.boot()
    assert f"+{PHONE}" in phone.requested
    assert [one.is_stored for one in phone.changes] == [True]


def test_check_sync_after_a_change_finds_nothing_new() -> None:
    for reply in (Uploaded(), REFUSALS[0]):
        phone = ChangedPhone()
        phone.upload_reply = reply
        phone.change(CLOCK, "0")
        phone.run(phone.phone.check_sync())
        assert (phone.state, phone.lines[-1][-20:]) == (State.IDLE, "les have not changed")


def test_last_configuration_without_a_server_has_the_change() -> None:
    phone = ChangedPhone()
    phone.change(CLOCK, "0")
    for name in (f"{MAC}.cfg", "000000000000.cfg"):
        phone.files[name] = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    phone.boot()
    assert phone.setting().value == "0"
    assert not [one for one in phone.effects if isinstance(one, Fetch) and path_of(one) == PHONE]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("no.such.parameter\x1b", "1", "UC Software 4.0.15 has no parameter 'no.such.parameter?'"),
        (CLOCK, "2", f"{CLOCK}: '2' is not 0, 1, true or false"),
        ("reg.1.label", "a\n", f"reg.1.label: expected a value of at most {VALUE_LIMIT} printable characters"),
        ("reg.1.label", "x" * (VALUE_LIMIT + 1), "reg.1.label: expected a value of at most"),
        ("reg.1.label", "\ud800", "reg.1.label: expected a value of at most"),
        ("reg.1.auth.password", "x" * 600, "reg.1.auth.password: '****' is not a text of at most"),
    ],
)
def test_what_no_phone_offers_is_refused(name: str, value: str, words: str) -> None:
    phone = ChangedPhone()
    with pytest.raises(UsageError) as caught:
        phone.change(name, value)
    assert str(caught.value).startswith(words)
    assert phone.effects == []


def test_password_is_not_logged() -> None:
    phone = ChangedPhone()
    phone.change("reg.1.auth.password", "hidden")
    assert "is changed to ****" in phone.lines[0]
    assert not [line for line in phone.lines if "hidden" in line]


def test_phone_that_is_off_cannot_be_changed() -> None:
    phone = ChangedPhone()
    phone.phone.cut_power()
    with pytest.raises(LifecycleError, match="a phone that is off cannot be changed: boot it first"):
        phone.change(CLOCK, "0")


def test_flash_holds_changes() -> None:
    change = KeptChange(file="web.cfg", name=CLOCK, value='"<&\n', is_stored=True)
    contents = FlashContents(changes=(change, KeptChange(file="phone.cfg", name=CLOCK, value="")))
    assert decode(encode(contents)) == contents


def test_empty_value_means_the_default_also_over_the_site() -> None:
    phone = ChangedPhone(lcl_datetime_time_24HourClock="1")
    phone.change(CLOCK, "")
    assert phone.setting().value == "0"
    assert phone.setting().objection == "empty means the default"


def test_file_that_would_be_too_large_is_not_sent_and_the_change_stays() -> None:
    phone = ChangedPhone()
    phone.files[PHONE] = b"<a reg.1.label='" + b'"' * 500_000 + b"'/>"
    phone.boot()
    phone.change(CLOCK, "1")
    assert phone.requested == []
    assert phone.lines[-1].endswith(f"Failed to upload file {PHONE}: it has more than {SIZE_LIMIT} bytes")
    assert phone.setting().value == "1"


@pytest.mark.parametrize(("reply", "kept"), [(FlashDamaged("x"), True), (FlashUnreadable("x"), False)])
def test_damaged_flash_loses_no_license_and_unreadable_flash_is_left(reply: FlashReply, kept: bool) -> None:
    phone = ChangedPhone()
    phone.flash = reply
    phone.change(CLOCK, "1")
    assert phone.requested == [f"+{PHONE}"]
    assert phone.setting().value == "1"
    if kept:
        assert isinstance(phone.flash, FlashContents)
        assert (len(phone.flash.keys), len(phone.changes), phone.flash.booted_before) == (1, 1, True)
    else:
        assert phone.flash == reply


def test_flash_that_cannot_be_written_is_logged_and_the_change_is_in_force() -> None:
    phone = ChangedPhone()
    phone.write_reply = WriteFailed("full")
    phone.change(CLOCK, "1")
    assert "flash was not written: full" in "".join(phone.lines)
    assert phone.setting().value == "1"
