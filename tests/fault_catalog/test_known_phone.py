"""What is known of a phone itself: its files, keys, parameters and gates, without a word of its log."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.conclusion import KnownPhone
from phone_sim.fault_catalog.explain import explain
from phone_sim.fault_catalog.fact_text import fact_text
from phone_sim.fault_catalog.facts import Condition, FileRole, FileTrouble, LicenseRefused, NoConfiguration, Trouble
from phone_sim.fault_catalog.known_phone import known_phone
from phone_sim.firmware.effects import NotFound, Refused
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import DEFAULT_MAC
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import LDAP, SITE_FILE, SITE_SERIAL, VOICE_QUALITY, configured, forged, master, signed_key, until

NOW = datetime(2026, 12, 24, 9, tzinfo=UTC)
OWN_FILE = f"{DEFAULT_MAC}-license.cfg"
OFF = "0302160000|lic |4|03|License: feature LDAP is not available"
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": configured("LDAP", log_render_file_size="999"),
}


def known(files: Mapping[str, bytes], *, model: str = "SPIP_670", firmware: str = "3.3.0") -> KnownPhone:
    transport, time = serve({**SITE, **files}), VirtualTime(NOW)
    with VirtualPhone("http://boot.example/", model=model, firmware=firmware, transport=transport, time=time) as phone:
        phone.boot()
        return known_phone(phone, wrote_log=False)


def sentences(phone: KnownPhone) -> list[str]:
    return [text for fact in phone.facts if (text := fact_text(fact))]


def test_key_that_looks_like_the_vendors_is_a_cause_of_its_own() -> None:
    key = signed_key({LDAP: until("2030-12-31"), VOICE_QUALITY: until("2030-12-31")})
    genuine = replace(key, options=f"{1 << LDAP:08X}", validation=bytes(255) + b"\1")
    phone = known({SITE_FILE: write([genuine])})
    line = "0302160000|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid"
    conclusion = explain(line, replace(phone, wrote_log=True)).conclusion
    assert conclusion.causes[0] is causes.VENDOR_KEY
    assert conclusion.found[0].lines == (line,)
    assert causes.SIGNATURE not in conclusion.causes
    assert any(f"{SITE_SERIAL} in {SITE_FILE} has more days" in one for one in sentences(phone))
    damaged = known({SITE_FILE: write([genuine, forged(signed_key(serial=SITE_SERIAL))])})
    both = explain(line, replace(damaged, wrote_log=True)).conclusion.causes
    assert both[:2] == (causes.VENDOR_KEY, causes.SIGNATURE)


UNUSED = "log.render.file.size in site.cfg, line 1: not 1 to 180."


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        (
            SITE_FILE,
            write([signed_key({LDAP: until("2026-12-01")})]),
            f"The site license {SITE_SERIAL} in {SITE_FILE} ended on 2026-12-01.",
        ),
        (
            SITE_FILE,
            write([forged(signed_key(serial=SITE_SERIAL))]),
            f"The signature of the site license {SITE_SERIAL} in {SITE_FILE} is not valid.",
        ),
        (OWN_FILE, write([signed_key(serial="0004F2000002")]), f"A key in {OWN_FILE} is for 0004F2000002."),
        (
            OWN_FILE,
            write([signed_key(serial=DEFAULT_MAC.serial)]).replace(b"Version='2.0'", b"Version='1.0'"),
            f"The Version of a key in {OWN_FILE} is not in its form.",
        ),
        (OWN_FILE, b"<html></html>", f"{OWN_FILE}, line 1, is a web page."),
        (OWN_FILE, b"<licenses>\n<", f"{OWN_FILE}, line 2, cannot be used."),
    ],
)
def test_objection_to_a_license_file_is_known(name: str, data: bytes, text: str) -> None:
    phone = known({name: data})
    assert sentences(phone)[-2:] == [text, UNUSED] or text in sentences(phone)
    conclusion = explain(OFF, phone).conclusion
    assert text in conclusion.found[0].details
    assert conclusion.found[0].lines == (OFF,)
    assert text in conclusion.text


def test_missing_license_files_and_unused_parameters_are_known() -> None:
    assert sentences(known({})) == [
        f"{DEFAULT_MAC}.cfg (the master configuration file): HTTP 404.",
        f"{DEFAULT_MAC}-phone.cfg (an override file): HTTP 404.",
        f"{DEFAULT_MAC}-web.cfg (an override file): HTTP 404.",
        f"{SITE_FILE} (the site's license file): HTTP 404.",
        f"{OWN_FILE} (the phone's license file): HTTP 404.",
        f"{DEFAULT_MAC}-directory.xml (a contact directory): HTTP 404.",
        "000000000000-directory.xml (a contact directory): HTTP 404.",
        UNUSED,
    ]
    assert explain(OFF, known({})).conclusion.causes == (causes.NO_FILE,)


def test_override_of_a_declaration_alone_is_no_fault_and_a_cut_one_is() -> None:
    override = f"{DEFAULT_MAC}-web.cfg"
    assert not any(text.startswith(override) for text in sentences(known({override: b'<?xml version="1.0"?>'})))
    assert f"{override}, line 1, cannot be used." in sentences(known({override: b"<web"}))


def test_license_on_the_boot_server_now_calls_for_a_reboot() -> None:
    phone = known({OWN_FILE: write([signed_key(serial=DEFAULT_MAC.serial)])})
    assert phone.licensed == ("LDAP",)
    assert "A phone that boots now has a license for LDAP" in explain(OFF, phone).conclusion.state


def test_valid_license_without_the_feature_is_no_objection() -> None:
    phone = known(
        {OWN_FILE: write([signed_key({VOICE_QUALITY: signed_key().grants[0].expiry}, serial=DEFAULT_MAC.serial)])}
    )
    assert not any(isinstance(fact, LicenseRefused) for fact in phone.facts)


def test_expired_license_in_flash_is_known_without_its_file() -> None:
    files = {**SITE, SITE_FILE: write([signed_key({LDAP: until("2026-12-24")})])}
    with VirtualPhone("http://boot.example/", transport=serve(files), time=VirtualTime(NOW)) as phone:
        assert known_phone(phone, wrote_log=True) == KnownPhone(wrote_log=True)
        phone.boot()
        assert known_phone(phone, wrote_log=True).licensed == ("LDAP",)
        del files[SITE_FILE]
        phone.cut_power()
        phone.time.run(NOW.replace(day=26) - NOW)
        phone.boot()
        facts = known_phone(phone, wrote_log=True).facts
    (expired,) = [fact for fact in facts if isinstance(fact, LicenseRefused)]
    assert (expired.serial, expired.file, expired.last_day) == (SITE_SERIAL, "", date(2026, 12, 24))


def test_only_requests_of_the_last_boot_count() -> None:
    files = dict(SITE)
    memory = serve(files)
    with VirtualPhone("http://boot.example/", transport=memory, time=VirtualTime(NOW)) as phone:
        phone.boot()
        files[SITE_FILE] = write([signed_key(serial=SITE_SERIAL)])
        phone.boot()
        facts = known_phone(phone, wrote_log=True).facts
    assert not any(isinstance(fact, FileTrouble) and fact.role.is_license for fact in facts)


def test_server_that_refuses_everything_leaves_no_configuration() -> None:
    refuses = MemoryTransport(lambda _: Refused("Unauthorized", 401), lambda _: Refused("Unauthorized", 401))
    with VirtualPhone("http://boot.example/", transport=refuses) as phone:
        phone.boot()
        facts = known_phone(phone, wrote_log=True).facts
    assert NoConfiguration(keeps_last=False) in facts
    masters = [fact for fact in facts if isinstance(fact, FileTrouble) and fact.role is FileRole.MASTER]
    assert [(fact.trouble, fact.status) for fact in masters] == [(Trouble.LOGIN, 401)] * 2


def test_phone_without_boot_server_and_one_with_old_firmware_are_known() -> None:
    with VirtualPhone(transport=serve({})) as phone:
        phone.boot()
        assert known_phone(phone, wrote_log=True).facts == (Condition.NO_BOOT_SERVER,)
    old = {"site.cfg": b'<sip feature.19.name="corporate-directory" feature.19.enabled="1"/>'}
    assert Condition.FIRMWARE_TOO_OLD in known(old, model="SPIP_335", firmware="3.2.2").facts


def test_feature_that_an_override_switches_off_is_explained_by_it() -> None:
    override = {f"{DEFAULT_MAC}-phone.cfg": configured(feature_corporateDirectory_enabled="0")}
    phone = known(override)
    text = (
        f"LDAP is off: feature.corporateDirectory.enabled is 0 in {DEFAULT_MAC}-phone.cfg, line 1; site.cfg, line 1, "
        "says 1."
    )
    assert text in sentences(phone)
    assert explain("", replace(phone, wrote_log=True)).conclusion.causes[0] is causes.SWITCHED_OFF
    assert not any("LDAP is off" in text for text in sentences(known({"site.cfg": b"<s a.b='0'/>"} | override)))


def test_misspelled_parameter_is_known_although_no_log_has_it() -> None:
    phone = known({"site.cfg": b'<site\n feature.corporateDirectry.enabled="1"/>'})
    (text,) = [text for text in sentences(phone) if "corporateDirectry" in text]
    assert text.startswith("feature.corporateDirectry.enabled in site.cfg, line 2: UC Software ")
    assert "feature.corporateDirectory.enabled" in text
    assert explain("", replace(phone, wrote_log=True)).conclusion.causes == (causes.CONFIGURATION,)


def test_contact_directory_that_cannot_be_read_is_no_configuration_file() -> None:
    phone = known({f"{DEFAULT_MAC}-directory.xml": b"<directory>\n<"})
    assert f"{DEFAULT_MAC}-directory.xml, line 2, cannot be used." in sentences(phone)
    assert causes.CONTACTS in explain("", replace(phone, wrote_log=True)).conclusion.causes


def test_features_by_number_are_of_other_firmware() -> None:
    log = "0302160000|cfg |4|03|site.cfg has pre-3.3.0 parameters (feature.1.name), they are ignored"
    conclusion = explain(log).conclusion
    assert conclusion.causes == (causes.OTHER_FIRMWARE,)


@pytest.mark.parametrize("reply", [NotFound("Not Found", 404), Refused("Not Found", 404), Refused("No", 405)])
def test_status_of_a_refused_upload_is_told(reply: NotFound | Refused) -> None:
    files = serve(SITE)
    with VirtualPhone("http://boot.example/", transport=MemoryTransport(files.fetch, lambda _: reply)) as phone:
        phone.boot()
        conclusion = explain(phone.log, known_phone(phone, wrote_log=True)).conclusion
    (found,) = [one for one in conclusion.found if one.cause is causes.LOG_UPLOAD]
    assert found.details == (f"{DEFAULT_MAC}-app.log (a log): HTTP {reply.status}.",)
