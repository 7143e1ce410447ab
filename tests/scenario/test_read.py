"""Reading scenario files: what is refused, and where the message says it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import Key, Typed
from phone_sim.scenario.licenses import LICENSE_LIMIT
from phone_sim.scenario.read import PHONE_LIMIT, STEP_LIMIT, read_scenario
from phone_sim.scenario.scenario import (
    AddContact,
    ChangeParameters,
    EmbeddedServer,
    PhoneEvent,
    PressKeys,
    Protocol,
    Put,
    RunFor,
    RunUntil,
)
from phone_sim.toml_table import SIZE_LIMIT, TEXT_LIMIT
from tests.scenario.write import HEAD, SITE, write

BOOT = "\n[[steps]]\nboot = true\n"
FIRST_LINE = (HEAD + SITE).count("\n") + 1
HTTP = HEAD + 'protocol = "http"\n'


def refused(file: Path) -> str:
    """What is said of a file that is refused, without its name."""
    with pytest.raises(UsageError) as caught:
        read_scenario(file)
    assert str(caught.value).startswith(f"{file}:")
    return str(caught.value).removeprefix(f"{file}:")


def test_defaults_are_what_a_short_file_means(tmp_path: Path) -> None:
    scenario = read_scenario(write(tmp_path, BOOT, site="[phones.a]\n[phones.b]\n"))
    assert (scenario.seed, scenario.start) == (0, datetime(2026, 1, 10, 8, tzinfo=UTC))
    assert scenario.server == EmbeddedServer(protocol=Protocol.MEMORY, files={}, faults=())
    assert [str(phone.mac) for phone in scenario.phones] == ["0004f2000001", "0004f2000002"]
    assert scenario.steps[0].action is PhoneEvent.BOOT
    assert scenario.steps[0].phones == ("a", "b")


def test_times_are_texts_or_times_of_toml(tmp_path: Path) -> None:
    steps = '[[steps]]\nrun_until = 2026-02-01T00:00:00+07:00\n[[steps]]\nrun_for = "1d2h3m4s"\n'
    scenario = read_scenario(write(tmp_path, BOOT + steps, head='title = "a"\nstart = "unset"\n'))
    assert scenario.start is None
    assert [step.action for step in scenario.steps[1:]] == [
        RunUntil(instant=datetime(2026, 1, 31, 17, tzinfo=UTC)),
        RunFor(span=timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ]


def test_keys_are_one_or_several(tmp_path: Path) -> None:
    steps = '[[steps]]\npress = "menu"\n[[steps]]\npress = ["1", "x", "soft1"]\n'
    assert [step.action for step in read_scenario(write(tmp_path, steps)).steps] == [
        PressKeys(keys=(Key.MENU,)),
        PressKeys(keys=(Key.DIGIT_1, Typed("x"), Key.SOFT_1)),
    ]


def test_changes_name_parameters_and_where_they_are_made(tmp_path: Path) -> None:
    steps = '[[steps]]\nchange = { "a.b" = "1", "c" = "" }\n[[steps]]\nweb_change = { "a.b" = "0" }\n'
    assert [step.action for step in read_scenario(write(tmp_path, steps)).steps] == [
        ChangeParameters(values={"a.b": "1", "c": ""}, origin=Origin.PHONE),
        ChangeParameters(values={"a.b": "0"}, origin=Origin.WEB),
    ]
    (step,) = read_scenario(write(tmp_path, "[[steps]]\nadd_contact = { number = '1', last_name = 'a' }\n")).steps
    assert step.action == AddContact(number="1", last_name="a", first_name="")
    assert "change: at least one parameter is needed" in refused(write(tmp_path, "[[steps]]\nchange = {}\n"))
    assert "change.a: " in refused(write(tmp_path, "[[steps]]\nchange = { a = 1 }\n"))


def test_features_go_by_key_and_full_name(tmp_path: Path) -> None:
    steps = "[[steps]]\nexpect.features = { ldap = 'on', 'Recording and Playback of Audio Calls' = 'off' }\n"
    (step,) = read_scenario(write(tmp_path, steps)).steps
    assert step.expectation.features == {"LDAP": True, "UsbAudio": False}


@pytest.mark.parametrize(
    ("keys", "message"),
    [("[]", "at least one key is needed"), ('["menu", "back"]', "'back' is no key"), ("1", "1 is not a text")],
)
def test_what_is_no_key_is_refused(tmp_path: Path, keys: str, message: str) -> None:
    said = refused(write(tmp_path, f"[[steps]]\npress = {keys}\n"))
    assert said.startswith(f"{FIRST_LINE + 1}: steps[1].press: {message}")


def test_licenses_for_one_file_are_keys_of_it(tmp_path: Path) -> None:
    licenses = '[[server.licenses]]\nfeatures = ["LDAP"]\n[[server.licenses]]\nfeatures = ["UsbAudio"]\n'
    server = read_scenario(write(tmp_path, licenses + BOOT)).server
    assert isinstance(server, EmbeddedServer)
    assert server.files["0004f2000001-license.cfg"].count(b"<licenseKey ") == 2


def test_forged_license_has_another_signature(tmp_path: Path) -> None:
    steps = "".join(f"\n[[steps]]\nlicense = {{ forged = {forged} }}\n" for forged in ("true", "false"))
    first, second = (step.action for step in read_scenario(write(tmp_path, steps)).steps)
    assert isinstance(first, Put)
    assert isinstance(second, Put)
    assert first != second
    assert first.files.keys() == second.files.keys()


@pytest.mark.parametrize(
    ("steps", "line", "message"),
    [
        ("[[steps]]\nbot = true\n", 1, "steps[1].bot: unknown key; expected one of: boot, reboot, "),
        ("[[steps]]\nboot = 1\n", 1, "steps[1].boot: 1 is not true"),
        ("[[steps]]\nboot = false\n", 1, "steps[1].boot: false is not true"),
        ("[[steps]]\nboot = true\nreboot = true\n", 2, "steps[1].reboot: a step has one action, and this one has boot"),
        ("[[steps]]\n", 0, "steps[1]: a step needs an action (boot, "),
        ('[[steps]]\nboot = true\nphone = "dsk"\n', 2, "steps[1].phone: 'dsk' is not one of: desk"),
        ("[[steps]]\nboot = true\n\n[[steps]]\nremove = []\n", 4, "steps[2].remove: [] is not a text"),
        ('[[steps]]\nrun_for = "soon"\n', 1, "steps[1].run_for: 'soon' is no span of time such as 7d"),
        ('[[steps]]\nrun_for = "3661d"\n', 1, "steps[1].run_for: '3661d' is no span"),
        ('[[steps]]\nrun_until = "2026-13-01"\n', 1, "steps[1].run_until: '2026-13-01' is not a time"),
        ("[[steps]]\nset_clock = 7\n", 1, "steps[1].set_clock: 7 is not a time"),
        ('[[steps]]\nset_clock = "0001-01-01"\n', 1, "steps[1].set_clock: '0001-01-01' is not between 1970 and 2186"),
        ('[[steps]]\nput = { "../a" = "" }\n', 1, "steps[1].put.\"../a\": '../a' names no file below the root"),
        ('[[steps]]\nput = "a"\n', 1, "steps[1].put: 'a' is not a table"),
        (
            '[[steps]]\nadd_fault = "503"\n',
            1,
            'steps[1].add_fault: faults need a protocol: allowed with protocol = "http"',
        ),
        ("[[steps]]\nexpect.reboots = -1\n", 1, "steps[1].expect.reboots: -1 is not a whole number from 0 to"),
        ("[[steps]]\nexpect.reboots = true\n", 1, "steps[1].expect.reboots: true is not a whole number"),
        (
            "[[steps]]\n[steps.expect]\nstate = 'ringing'\n",
            2,
            "steps[1].expect.state: 'ringing' is not one of: off, booting",
        ),
        (
            "[[steps]]\n[steps.expect]\n\nlogs = 'a'\n",
            3,
            "steps[1].expect.logs: unknown key; expected one of: boot, req",
        ),
        ("[[steps]]\nexpect.log = [1]\n", 1, "steps[1].expect.log: [1] is not a text or a list of texts"),
        (
            "[[steps]]\nexpect.features = { Tea = 'on' }\n",
            1,
            "steps[1].expect.features.Tea: 'Tea' is no feature; those there are: UsbAudio (Recording and Playback of",
        ),
        (
            "[[steps]]\nexpect.features = { LDAP = 'on', 'corporate directory' = 'off' }\n",
            1,
            'steps[1].expect.features."corporate directory": LDAP is expected twice',
        ),
        ("[[steps]]\nexpect.features.LDAP = true\n", 1, "steps[1].expect.features.LDAP: true is not one of: on, off"),
        ("[[steps]]\nexpect.requests.within = []\n", 1, "steps[1].expect.requests.within: unknown key"),
        ("[[steps]]\nlicense = { until = 2026-01-01 }\n", 1, "steps[1].license.until: an individual phone license"),
        (
            '[[steps]]\nlicense = { for = "you" }\n',
            1,
            "steps[1].license.for: 'you' is neither a MAC address nor one of desk",
        ),
        ('[[steps]]\nlicense = { features = "Tea" }\n', 1, "steps[1].license.features: 'tea' is no software"),
        ('[[steps]]\nlicense = { kind = "site", for = "1" }\n', 1, "steps[1].license.for: '1' is not a site serial"),
        ("[[server.licenses]]\nkind = 'all'\n" + BOOT, 1, "server.licenses[1].kind: 'all' is not one of: phone, site"),
        ("[[server.licenses]]\nkind='site'\nuntil = 1999-01-01\n" + BOOT, 2, "server.licenses[1].until: "),
    ],
)
def test_error_names_line_key_and_what_is_allowed(tmp_path: Path, steps: str, line: int, message: str) -> None:
    assert refused(write(tmp_path, steps)).startswith(f"{FIRST_LINE + line}: {message}")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("start = 'unset'\n", "1: title: missing; expected a text"),
        ("title = ''\n", "1: title: the text is empty"),
        ("title = 'a'\nstart = 'later'\n", "2: start: 'later' is not a time"),
        ("title = 'a'\nspeed = 2\n", "2: speed: unknown key; expected one of: title, start"),
        (HEAD + "protocol = 'ftp'\n", "3: protocol: 'ftp' is not one of: http, https, tftp, memory"),
        (HEAD + "seed = 1.5\n", "3: seed: 1.5 is not a whole number"),
        (HEAD + "timeout = 0\n", "3: timeout: 0 is not a number of seconds from 0.1 to 60"),
        (HEAD + "faults = ['503']\n", "3: faults: faults need a protocol"),
        (HTTP + "faults = [\n  '503',\n  'dragons',\n]\n", "4: faults: fault 'dragons': dragons is neither a fault"),
    ],
)
def test_head_is_read_strictly(tmp_path: Path, head: str, message: str) -> None:
    assert refused(write(tmp_path, BOOT, head=head)).startswith(message)


@pytest.mark.parametrize(
    ("site", "message"),
    [
        ("", "1: phones: a scenario has 1 to 100 phones, not 0"),
        ("[phones.a]\nmodel = 'SPIP_999'\n", "4: phones.a.model: "),
        ("[phones.a]\nmac = '4f2000001'\n", "4: phones.a.mac: '4f2000001' has 9 of the 12 digits"),
        ("[phones.a]\nfirmware = '9'\n", "4: phones.a.firmware: "),
        (
            "[phones.a]\nlicense_fetch = 'never'\n",
            "4: phones.a.license_fetch: 'never' is not one of: firmware, when-needed",
        ),
        ("[phones.a]\n[phones.b]\nmac = '0004f2000001'\n", "5: phones.b.mac: 0004f2000001 is the MAC address of a as"),
        (
            "[phones.a]\n[server]\nname = 'b'\n",
            "5: server.name: unknown key; expected one of: files, licenses",
        ),
        ("[phones.a]\n[server.files]\n'a.cfg' = 1\n", '5: server.files."a.cfg": 1 is not a text'),
        ("".join(f"[phones.a{index}]\n" for index in range(PHONE_LIMIT + 1)), "3: phones: a scenario has 1 to 100"),
    ],
)
def test_phones_and_server_are_read_strictly(tmp_path: Path, site: str, message: str) -> None:
    assert refused(write(tmp_path, BOOT, site=site)).startswith(message)


def test_phone_of_which_no_firmware_is_said_has_the_usual_one_of_its_model(tmp_path: Path) -> None:
    phones = "[phones.a]\n[phones.b]\nmodel = 'VVX_500'\n[phones.c]\nmodel = 'VVX_500'\nfirmware = '4.1.4'\n"
    read = read_scenario(write(tmp_path, BOOT, site=phones)).phones
    assert [phone.firmware for phone in read] == ["3.3.0", "5.9.7", "4.1.4"]


def test_number_of_steps_is_bounded(tmp_path: Path) -> None:
    assert "a scenario has 1 to 1000 steps, not 0" in refused(write(tmp_path, ""))
    assert "steps, not 1001" in refused(write(tmp_path, (STEP_LIMIT + 1) * BOOT))


def test_number_of_licenses_is_limited(tmp_path: Path) -> None:
    licenses = (LICENSE_LIMIT + 1) * "[[server.licenses]]\n"
    assert refused(write(tmp_path, BOOT + licenses)).endswith("a scenario has at most 1000 licenses, not 1001")


def test_lines_in_long_texts_are_no_keys(tmp_path: Path) -> None:
    steps = '[[steps]]\n[steps.put]\n"a" = """\n[[steps]]\n[steps.expect]\nboot = true\n"""\n[[steps]]\nboot = 2\n'
    assert refused(write(tmp_path, steps)).startswith(f"{FIRST_LINE + 8}: steps[2].boot: 2 is not true")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"title = \n", "not TOML: Invalid value (at line 1, column 9)"),
        (b"title = '\xff'", "not UTF-8, from byte 9"),
        (b"#" * (SIZE_LIMIT + 1), "the file is larger than"),
        (b"a = " + b"[" * 100_000, "not TOML: "),
        (b"seed = " + b"9" * 5000, "not TOML: "),
        (b"title = 'a'\nstart='unset'\n[phones.a]\n[server.files]\na = '" + b"a" * (TEXT_LIMIT + 1), "not TOML"),
    ],
)
def test_what_is_no_toml_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "b.phone.toml"
    file.write_bytes(data)
    assert message in refused(file)


def test_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = write(tmp_path, BOOT)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_scenario(file).title == "a test"


def test_long_text_is_refused(tmp_path: Path) -> None:
    steps = f'[[steps]]\nput = {{ a = "{"a" * (TEXT_LIMIT + 1)}" }}\n'
    assert "the text has more than" in refused(write(tmp_path, steps))


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.phone.toml")
