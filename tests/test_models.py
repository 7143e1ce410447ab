"""Models and features: what the shipped files say against the bulletin, and what is refused in a file."""

import json
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from phone_sim.errors import ModelFileError, UsageError
from phone_sim.feature_files import check_features, parse_feature
from phone_sim.models import (
    BULLETIN_MODELS,
    Configured,
    Display,
    Feature,
    Model,
    Requirement,
    parse_model,
)
from phone_sim.runtime import model_files
from phone_sim.runtime.model_files import FILE_LIMIT, load_features, load_model, load_models

ROOT = Path(__file__).parents[1]
# B1, in the bulletin's order.
TOKENS = [
    *(f"SPIP_{number}" for number in (320, 321, 330, 331, 335, 430, 450, 550, 560, 650, 670)),
    *(f"SSIP_{number}" for number in (5000, 6000, 7000)),
    "VVX_1500",
]
# B3 as it is printed there.
COLUMNS = "320 321 330 331 335 | 430 | 450 | 550 560 | 650 670 | 5000 | 6000 | 7000 | 1500"
MATRIX = {
    "H.323 Protocol": "                        - | - | - | - | - | - | - | - | R",
    "Corporate Directory": "                   R | R | R | R | R | R | R | B | B",
    "Recording and Playback of Audio Calls": " - | - | - | - | R | - | - | - | B",
    "Managing Conference Calls": "             - | - | R | R | R | - | - | B | B",
    "Voice Quality Monitoring": "              R | R | R | R | R | - | R | B | B",
}
ANSWERS = {
    "R": Requirement.LICENSE_REQUIRED,
    "B": Requirement.BUILT_IN,
    "-": Requirement.NOT_ON_THIS_MODEL,
}
KEYS = ("UsbAudio", "NwayConference", "LDAP", "VoiceQualityMetrics", "H323")
FEATURES = [feature for feature in load_features() if feature.key in KEYS]

MODEL = """\
name = "SoundPoint IP 999"
family = "SoundPoint IP"
token = "SPIP_999"
part_number = "2345-12999-001"
lines = 7
minimum_firmware = "3.3.0"

[display]
width = 320
height = 160
colors = "color"

[features]
LDAP = "license required"
UsbAudio = "built in"
"""
FEATURE = """\
name = "Presence"
key = "Presence"
bit = 9
component = "pres"
suite = ""
display_name = "Presence"
short_name = "Pres"

[configured.sip-3]
numbered = ["presence"]
"""


def feature_named(key: str) -> Feature:
    return next(feature for feature in load_features() if feature.key == key)


def bulletin() -> list[Model]:
    """The shipped models that the bulletin lists."""
    return [model for model in load_models() if model.is_in_bulletin]


# ---- What is shipped


def test_every_cell_of_the_matrix_is_as_the_bulletin_says() -> None:
    expected = {
        (name, number): ANSWERS[answer.strip()]
        for name, row in MATRIX.items()
        for numbers, answer in zip(COLUMNS.split("|"), row.split("|"), strict=True)
        for number in numbers.split()
    }
    found = {
        (feature.name, model.name.split()[-1]): model.requirement(feature)
        for feature in FEATURES
        for model in bulletin()
    }
    assert len(expected) == len(TOKENS) * len(KEYS)
    assert found == expected


def test_models_of_the_bulletin_are_there_in_its_order() -> None:
    assert [model.token for model in bulletin()] == list(BULLETIN_MODELS) == TOKENS


def test_models_of_the_bulletin_answer_for_every_feature_themselves() -> None:
    assert [model.token for model in bulletin() if not model.requirements.keys() >= set(KEYS)] == []


def test_minimum_firmware_is_that_of_the_bulletin() -> None:
    later = {"VVX_1500": "3.2.2", "SPIP_335": "3.2.3", "SSIP_5000": "3.2.3"}
    assert {m.token: m.minimum_firmware for m in bulletin()} == {token: later.get(token, "3.0") for token in TOKENS}


def test_observed_builds_and_last_firmware_are_those_of_the_field_notes() -> None:
    """Field notes 1.2, 3.1, 8 and 14; what was not observed is in no file."""
    builds = {model.token: " ".join(model.builds) for model in bulletin()}
    of_package = dict.fromkeys(TOKENS, "3.2.4.0267")
    assert builds == of_package | {
        "SPIP_320": "3.2.4.0267 3.3.5.0247",
        "SPIP_330": "3.2.4.0267 3.3.2.0413 3.3.5.0247",
        "SPIP_335": "3.2.1.0078 3.2.4.0267 3.3.1.0907 4.0.13.1445",
        "SPIP_430": "3.2.4.0267 3.2.7.0198",
        "SPIP_450": "3.2.3.1734 3.2.4.0267",
        "SPIP_550": "3.2.4.0267 3.3.1.0933 4.0.15.1047",
        "SPIP_670": "3.2.4.0267 4.0.12.0926",
        "SSIP_5000": "3.2.4.0267 4.0.3.7562",
        "SSIP_6000": "3.2.0.0157 3.2.4.0267 3.3.5.0247 4.0.4.2906",
        "VVX_1500": "3.2.2.0481 3.2.4.0244 3.3.3.0072",
    }
    last = {"SPIP_320": "3.3.5.0247", "SPIP_330": "3.3.5.0247", "SPIP_430": "3.2.7.0198", "SPIP_650": "4.1.0"}
    last["VVX_1500"] = "5.9.6.2327"
    assert {model.token: model.last_firmware for model in bulletin()} == dict.fromkeys(TOKENS, "4.0.x") | last
    assert [build for model in bulletin() for build in model.builds if model.firmware_warning(build)] == []


def test_boot_roms_are_those_of_the_field_notes() -> None:
    """Field notes 1.2 and 3.1; of the VVX 1500 none is known."""
    minimum = {
        "3.2.3B": "SPIP_320 SPIP_330",
        "4.1.3": "SPIP_321 SPIP_331",
        "4.2.0B": "SPIP_335",
        "3.1.3": "SPIP_430",
        "4.1.2": "SPIP_450",
        "4.1.0": "SPIP_550 SPIP_560 SPIP_650",
        "4.1.1": "SPIP_670 SSIP_6000",
        "4.2.2": "SSIP_5000 SSIP_7000",
        "": "VVX_1500",
    }
    found = {model.token: model.minimum_boot_rom for model in bulletin()}
    assert found == {token: version for version, tokens in minimum.items() for token in tokens.split()}
    builds = {model.token: " ".join(model.boot_roms) for model in bulletin()}
    assert builds == dict.fromkeys(TOKENS, "4.2.3.0003") | {
        "SPIP_335": "4.2.1.0275 4.2.2.0710 4.2.3.0003",
        "SSIP_6000": "4.2.3.0003 5.0.3.1667",
        "VVX_1500": "",
    }


@pytest.mark.parametrize(
    ("model", "firmware", "version"),
    [
        ("SPIP_335", "3.2.1.0078", "4.2.3.0003"),
        ("SSIP_6000", "3.3.5.0247", "4.2.3.0003"),
        ("SSIP_6000", "4.0.4.2906", "5.0.3.1667"),
        ("SPIP_670", "4.0.12.0926", "5.0.3.0000"),
        ("VVX_1500", "3.2.4.0244", "4.2.3.0000"),
        ("VVX_500", "5.9.7.47435", "5.9.7.47435"),
    ],
)
def test_boot_rom_is_the_newest_that_was_seen_of_the_release(model: str, firmware: str, version: str) -> None:
    assert load_model(model).boot_rom(firmware) == version


BEYOND = {
    "SPIP_600": ("2345-11600-001", 12, "", "3.1.8", "3.1.3.0439"),
    "SPIP_601": ("2345-11605-001", 12, "", "3.1.8", "3.1.2.0392"),
    "VVX_101": ("3111-40250-001", 1, "5.4.3", "", "5.4.3.1014"),
    "VVX_310": ("3111-46161-001", 6, "5.1.1", "", "5.1.1.2986"),
    "VVX_400": ("3111-46157-002", 12, "4.1.4", "", "4.1.4.7430"),
    "VVX_500": ("3111-44500-001", 12, "4.0.1", "5.9.7", ""),
}
"""The models beyond the bulletin: part number, lines, first and last firmware, builds (field notes 3.1 and 8)."""


def test_models_beyond_the_bulletin_are_those_of_the_field_notes() -> None:
    found = {
        one.token: (one.part_number, one.lines, one.first_firmware, one.last_firmware, " ".join(one.builds))
        for one in map(load_model, BEYOND)
    }
    assert found == BEYOND
    assert not any(load_model(token).is_in_bulletin for token in BEYOND)


@pytest.mark.parametrize("token", BEYOND)
def test_what_the_bulletin_does_not_cover_is_claimed_for_no_feature(token: str) -> None:
    model = load_model(token)
    assert model.minimum_firmware == ""
    assert {model.requirement(feature) for feature in load_features()} == {Requirement.NOT_COVERED}


@pytest.mark.parametrize("token", [*TOKENS, *BEYOND])
def test_every_fact_of_a_model_names_its_source(token: str) -> None:
    text = (ROOT / "models" / f"{token.lower()}.toml").read_text()
    keys, *tables = re.split(r"(?m)^(?=# .*\n\[)", text.partition("\n\n")[2])
    graded = r"\[(bulletin|observed|guide|inferred|ours)\]"
    unnamed = [line for line in keys.splitlines() if line and not re.search(rf"# {graded}", line)]
    assert unnamed == []
    assert all(re.match(rf"# {graded}", table) for table in tables)
    assert len(tables) == len(re.findall(r"(?m)^\[", text))


@pytest.mark.parametrize(
    ("token", "firmware", "warning"),
    [
        ("VVX_500", "3.3.0", "VVX_500 is not known to have had firmware 3.3.0: the first known for it is 4.0.1"),
        ("SPIP_601", "3.3.0", "SPIP_601 is not known to have had firmware 3.3.0: the last known for it is 3.1.8"),
        ("VVX_500", "4.0.1.0001", ""),
        ("VVX_101", "5.4.3.1014", ""),
        ("SPIP_600", "3.1.8.0070", ""),
    ],
)
def test_firmware_outside_what_is_known_of_a_model_is_warned_of(token: str, firmware: str, warning: str) -> None:
    assert load_model(token).firmware_warning(firmware) == warning


def test_model_that_needs_no_license_may_leave_its_first_licensing_out() -> None:
    text = MODEL.replace('minimum_firmware = "3.3.0"\n', "").replace("license required", "not covered by the bulletin")
    assert parse_model(text, "own.toml", KEYS).minimum_firmware == ""


def test_model_file_without_builds_and_last_firmware_is_one() -> None:
    model = parse_model(MODEL, "own.toml", KEYS)
    assert (model.build("3.3.1"), model.firmware_warning("4.9")) == ("3.3.1.0000", "")


def test_features_are_in_the_order_of_their_bits() -> None:
    assert [(feature.bit, feature.key) for feature in FEATURES] == list(zip((0, 1, 2, 3, 7), KEYS, strict=True))
    assert list(load_features()) == sorted(load_features(), key=lambda feature: feature.bit)


def test_productivity_suite_is_all_but_h323() -> None:
    assert [feature.suite for feature in FEATURES] == ["Productivity Suite"] * 4 + [""]


def test_features_have_the_names_that_the_phones_show() -> None:
    assert [(feature.display_name, feature.short_name) for feature in FEATURES] == [
        ("USB Call Recording", "USB Rec."),
        ("Conference Management", "ConfMgmt"),
        ("Corporate Directory", "CorpDir"),
        ("Voice Quality Monitoring", "VQMon"),
        ("H.323 Protocol", "H.323"),
    ]


def test_features_log_under_components_of_the_phones() -> None:
    assert [feature.component for feature in FEATURES] == ["usbio", "so", "ldap", "sip", "h323"]


@pytest.mark.parametrize(
    ("key", "number_name", "parameters"),
    [
        ("UsbAudio", "call-recording", ("feature.callRecording.enabled",)),
        ("NwayConference", "nway-conference", ("feature.nWayConference.enabled", "feature.nwayConference.enabled")),
        ("LDAP", "corporate-directory", ("feature.corporateDirectory.enabled",)),
    ],
)
def test_numbered_features_have_parameters_of_their_own_since_ucs(
    key: str, number_name: str, parameters: tuple[str, ...]
) -> None:
    assert feature_named(key).configured == {
        "sip-3": Configured(numbered=(number_name,)),
        "ucs-3.3": Configured(parameters=parameters),
    }


def test_voice_quality_and_h323_are_configured_alike_in_both_dialects() -> None:
    quality = Configured(
        parameters=(
            "voice.qualityMonitoring.collector.enable.periodic",
            "voice.qualityMonitoring.collector.enable.session",
            "voice.qualityMonitoring.collector.enable.triggeredPeriodic",
            "voice.qualityMonitoring.rtcpxr.enable",
        )
    )
    h323 = Configured(parameters=("voIpProt.H323.enable",))
    assert feature_named("VoiceQualityMetrics").configured == {"sip-3": quality, "ucs-3.3": quality}
    assert feature_named("H323").configured == {"sip-3": h323, "ucs-3.3": h323}


@pytest.mark.parametrize(
    ("token", "family", "suffix", "part_number", "lines"),
    [
        ("SPIP_670", "PolycomSoundPointIP", "SPIP670", "2345-12670-001", 34),
        ("SSIP_6000", "PolycomSoundStationIP", "SSIP6000", "3111-15600-001", 1),
        ("VVX_1500", "PolycomVVX", "VVX1500", "2345-17960-001", 6),
    ],
)
def test_model_is_known_to_servers_by_these_words(
    token: str, family: str, suffix: str, part_number: str, lines: int
) -> None:
    model = load_model(token)
    words = (model.user_agent_family, model.suffix, model.part_number, model.lines)
    assert words == (family, suffix, part_number, lines)
    # How real servers read the User-Agent (field notes 3.1).
    user_agent = f"FileTransport {model.user_agent_family}-{model.token}-UA/3.2.3.1734"
    match = re.match(r"^FileTransport Polycom\w+-(\w*?)-UA/([\d.]+)", user_agent)
    assert match is not None
    assert match[1] == token


def test_part_numbers_are_all_different() -> None:
    assert len({model.part_number for model in load_models()}) == len(load_models())


def test_only_the_670_and_the_vvx_are_in_color() -> None:
    assert [model.token for model in bulletin() if model.display.colors == "color"] == ["SPIP_670", "VVX_1500"]


def test_displays_of_published_size_have_it() -> None:
    assert load_model("SPIP_450").display == Display(width=256, height=116, colors="grey")
    assert load_model("SPIP_670").display == Display(width=320, height=160, colors="color")
    assert load_model("SSIP_6000").display == Display(width=248, height=68, colors="grey")


def test_requirements_cannot_be_changed() -> None:
    requirements = load_model("SPIP_670").requirements
    with pytest.raises(TypeError):
        requirements["LDAP"] = Requirement.BUILT_IN  # type: ignore[index]  # the very thing that must not work


# ---- Finding a model


@pytest.mark.parametrize("token", TOKENS)
def test_model_is_found_by_each_of_its_names(token: str) -> None:
    expected = next(model for model in load_models() if model.token == token)
    number = token.split("_")[1]
    for name in (token, expected.suffix, token.lower(), expected.name, expected.name.upper(), number, f" {number} "):
        assert load_model(name) == expected


@pytest.mark.parametrize("name", ["SoundPoint IP 670", "soundpoint-ip-670", "SoundPointIP670", "IP 670", "ip670"])
def test_blanks_hyphens_and_case_do_not_matter(name: str) -> None:
    assert load_model(name).token == "SPIP_670"


def test_unknown_model_is_refused_with_the_closest_first() -> None:
    with pytest.raises(UsageError, match=r"unknown model 'SSIP_7001'.*: SSIP_7000, .*SPIP_320.*VVX_1500"):
        load_model("SSIP_7001")


@pytest.mark.parametrize("name", ["", " ", "_", "SoundPoint IP", "70", "0", "SPIP_67", "x" * 1_000_000, "\x00", "٦٧٠"])
def test_what_is_no_name_lists_all_models(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_model(name)
    assert all(token in str(caught.value) for token in TOKENS)
    assert len(str(caught.value)) < 400


def test_one_model_costs_the_reading_of_one_file() -> None:
    model_files._shipped_model.cache_clear()
    load_model("SPIP670")
    assert model_files._shipped_model.cache_info().currsize == 1


# ---- A folder of the user's own


def test_new_file_is_a_new_model(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MODEL)
    shipped, found = load_models(), load_models(tmp_path)
    assert [model for model in found if model.token != "SPIP_999"] == list(shipped)
    place = [model.token for model in found].index("SPIP_999")
    assert [model.family for model in found[place - 1 : place + 2]] == ["SoundPoint IP"] * 2 + ["SoundStation IP"]
    assert not found[place].is_in_bulletin
    for name in ("SPIP_999", "999", "mine", "SoundPoint IP 999"):
        assert load_model(name, tmp_path).lines == 7
    with pytest.raises(UsageError):
        load_model("SPIP_999")


def test_feature_that_a_file_leaves_out_is_not_on_the_model(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MODEL)
    model = load_model("999", tmp_path)
    assert [model.requirement(feature) for feature in FEATURES] == [
        Requirement.BUILT_IN,
        Requirement.NOT_ON_THIS_MODEL,
        Requirement.LICENSE_REQUIRED,
        Requirement.NOT_ON_THIS_MODEL,
        Requirement.NOT_ON_THIS_MODEL,
    ]


def test_shipped_models_stay_with_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MODEL)
    assert [model for model in load_models(tmp_path) if model.token != "SPIP_999"] == list(load_models())
    assert load_model("SPIP_670", tmp_path) == load_model("SPIP_670")


def test_own_file_replaces_the_shipped_one_of_its_token(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(MODEL.replace("999", "670"))
    assert [model.token for model in load_models(tmp_path)] == [model.token for model in load_models()]
    assert load_model("SPIP_670", tmp_path).lines == 7
    assert load_model("SPIP_670").lines == 34


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MODEL)
    assert load_model("999", tmp_path).lines == 7
    path.write_text(MODEL.replace("lines = 7", "lines = 8"))
    assert load_model("999", tmp_path).lines == 8


def test_number_of_two_models_is_refused_with_both(tmp_path: Path) -> None:
    own = MODEL.replace("SoundPoint IP 999", "VVX 670").replace("SoundPoint IP", "VVX").replace("SPIP_999", "VVX_670")
    (tmp_path / "vvx.toml").write_text(own)
    with pytest.raises(UsageError, match="'670' may be SPIP_670 or VVX_670"):
        load_model("670", tmp_path)
    assert load_model("VVX670", tmp_path).family == "VVX"


def test_two_own_files_of_one_token_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(MODEL)
    with pytest.raises(ModelFileError, match=r"b\.toml: key 'token' is 'SPIP_999'.* a\.toml"):
        load_models(tmp_path)


def test_bom_and_carriage_returns_are_read(tmp_path: Path) -> None:
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbf" + MODEL.replace("\n", "\r\n").encode())
    assert load_model("windows", tmp_path).token == "SPIP_999"


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in (".hidden.toml", "._mine.toml", "notes.txt", "mine.toml~"):
        (tmp_path / name).write_bytes(b"\xff not a model")
    (tmp_path / ".#mine.toml").symlink_to("nowhere")
    with pytest.raises(UsageError, match="there is no model file in it"):
        load_models(tmp_path)
    (tmp_path / "mine.toml").write_text(MODEL)
    assert len(load_models(tmp_path)) == len(load_models()) + 1


@pytest.mark.parametrize("where", ["missing", "file.toml"])
def test_folder_that_is_none_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "file.toml").write_text(MODEL)
    with pytest.raises(UsageError, match=f"{where}: not a folder"):
        load_models(tmp_path / where)


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (lambda path: path.mkdir(), "not a regular file"),
    "pipe": (os.mkfifo, "not a regular file"),
    "dangling link": (lambda path: path.symlink_to("nowhere"), "not a regular file"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "too long": (lambda path: path.write_text("#\n" * (FILE_LIMIT // 2) + "#"), "the file is larger than 65536 bytes"),
    "not text": (lambda path: path.write_bytes(MODEL.encode() + b"# caf\xe9\n"), "not UTF-8, from byte"),
    "UTF-16": (lambda path: path.write_text(MODEL, encoding="utf-16"), "not UTF-8, from byte 0"),
    "empty": (lambda path: path.write_bytes(b""), "family: missing"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_file_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    make, words = UNREADABLE[kind]
    path = tmp_path / "bad.toml"
    make(path)
    with pytest.raises(ModelFileError) as caught:
        load_models(tmp_path)
    assert str(caught.value).replace(":1:", ":").startswith(f"{path}: {words}")


def test_file_just_within_the_limit_is_read(tmp_path: Path) -> None:
    padding = "#\n" * FILE_LIMIT
    (tmp_path / "mine.toml").write_text((MODEL + padding)[:FILE_LIMIT])
    assert load_model("mine", tmp_path).token == "SPIP_999"


# ---- Files that are refused: what is replaced by what, the key that is named, and words of the message

TOP = (
    "name, family, token, part_number, lines, minimum_firmware, first_firmware, last_firmware, minimum_boot_rom, "
    "display, builds, boot_roms, features"
)
ANSWER_WORDS = "one of: license required, built in, not on this model, not covered by the bulletin"
BAD_MODELS = [
    # Unknown and missing keys
    ("lines = 7", "lines = 7\ncolour = 1", "colour", f"unknown key; expected one of: {TOP}"),
    ("lines = 7", "Lines = 7", "Lines", f"unknown key; expected one of: {TOP}"),
    ("width = 320", "width = 320\ndepth = 4", "display.depth", "unknown key; expected one of: width, height, colors"),
    ("LDAP =", "Ldap =", "features.Ldap", f"unknown key; expected one of: {', '.join(KEYS)}"),
    ("LDAP =", '"" =', 'features.""', "unknown key"),
    ("LDAP =", f"{'x' * 200} =", f'features."{"x" * 120}..."', "unknown key"),
    ('name = "SoundPoint IP 999"\n', "", "name", "missing; expected "),
    ('family = "SoundPoint IP"\n', "", "family", "missing; expected one of: SoundPoint IP, SoundStation IP, VVX"),
    ('token = "SPIP_999"\n', "", "token", "missing; expected "),
    ('part_number = "2345-12999-001"\n', "", "part_number", "missing; expected "),
    ("lines = 7\n", "", "lines", "missing; expected a whole number from 1 to 99"),
    ('minimum_firmware = "3.3.0"\n', "", "minimum_firmware", "missing; expected "),
    ('[display]\nwidth = 320\nheight = 160\ncolors = "color"\n', "", "display", "missing; expected "),
    ("width = 320\n", "", "display.width", "missing; expected "),
    ("height = 160\n", "", "display.height", "missing; expected "),
    ('colors = "color"\n', "", "display.colors", "missing; expected one of: grey, color"),
    ("lines = 7", "lines = 7\nfirst_firmware = '4.0.x'", "first_firmware", "'4.0.x' is not a firmware version"),
    ("lines = 7", "lines = 7\nlast_firmware = '4'", "last_firmware", "'4' is not a firmware version"),
    ("lines = 7", "lines = 7\nlast_firmware = ''", "last_firmware", "the text is empty"),
    (
        "[features]",
        "[builds]\n'3.3.1' = 'seen'\n[features]",
        'builds."3.3.1"',
        "version in four numbers, as in 3.2.4.0267",
    ),
    ("lines = 7", "lines = 7\nminimum_boot_rom = ''", "minimum_boot_rom", "'' is not words in ASCII"),
    ("[features]", "[boot_roms]\n'4.2' = 'seen'\n[features]", 'boot_roms."4.2"', "version in four numbers"),
    ("[features]", "[builds]\n'3.3.1.0907' = ''\n[features]", 'builds."3.3.1.0907"', "'' is not words in ASCII"),
    (
        '[features]\nLDAP = "license required"\nUsbAudio = "built in"\n',
        "",
        "features",
        "missing; expected a table with UsbAudio, ",
    ),
    # Wrong types
    ('name = "SoundPoint IP 999"', "name = 999", "name", "999 is not 'SoundPoint IP', a blank"),
    ('family = "SoundPoint IP"', 'family = ["VVX"]', "family", "['VVX'] is not one of: SoundPoint IP"),
    ('token = "SPIP_999"', "token = true", "token", "true is not SPIP_ and a number"),
    ('part_number = "2345-12999-001"', "part_number = 2345-12-09", "part_number", "2345-12-09 is not a number such as"),
    ("lines = 7", 'lines = "7"', "lines", "'7' is not a whole number"),
    ("lines = 7", "lines = true", "lines", "true is not a whole number"),
    ("lines = 7", "lines = 7.0", "lines", "7.0 is not a whole number"),
    ('minimum_firmware = "3.3.0"', "minimum_firmware = 3.3", "minimum_firmware", "3.3 is not a firmware version"),
    ('minimum_firmware = "3.3.0"', "minimum_firmware = {}", "minimum_firmware", "{} is not a firmware version"),
    (
        "[display]",
        "[[display]]",
        "display",
        "[{'width': 320, 'height': 160, 'colors': 'color'}] is not a table with width, height, colors",
    ),
    ('UsbAudio = "built in"', "UsbAudio = false", "features.UsbAudio", f"false is not {ANSWER_WORDS}"),
    # Wrong values
    ('"SoundPoint IP 999"', '"SoundStation IP 999"', "name", "'SoundStation IP 999' is not 'SoundPoint IP', a blank"),
    ('"SoundPoint IP 999"', '"SoundPoint IP "', "name", "'SoundPoint IP ' is not"),
    ('"SoundPoint IP 999"', '"SoundPoint IP 999\\n"', "name", r"'SoundPoint IP 999\n' is not"),
    (
        'family = "SoundPoint IP"',
        'family = "SoundPoint"',
        "family",
        "'SoundPoint' is not one of: SoundPoint IP, SoundStation IP",
    ),
    ('"SPIP_999"', '"SSIP_999"', "token", "'SSIP_999' is not SPIP_ and a number"),
    ('"SPIP_999"', '"SPIP999"', "token", "'SPIP999' is not"),
    ('"SPIP_999"', '"SPIP_"', "token", "'SPIP_' is not"),
    ('"SPIP_999"', '"SPIP_٩"', "token", "'SPIP_٩' is not"),
    ('"2345-12999-001"', '"12999"', "part_number", "'12999' is not a number such as 2345-12670-001"),
    ('"2345-12999-001"', f'"{"9" * 500}"', "part_number", f"'{'9' * 59}... is not a number such as"),
    ("lines = 7", "lines = 0", "lines", "0 is not a whole number from 1 to 99"),
    ("lines = 7", "lines = -1", "lines", "-1 is not a whole number"),
    ("lines = 7", f"lines = 0x{'f' * 900}", "lines", "... is not a whole number"),
    ("width = 320", "width = 0", "display.width", "0 is not a whole number from 1 to 4096"),
    ("height = 160", "height = 4097", "display.height", "4097 is not a whole number"),
    ('colors = "color"', 'colors = "green"', "display.colors", "'green' is not one of: grey, color"),
    ('"3.3.0"', '"three"', "minimum_firmware", "'three' is not a firmware version"),
    ('"3.3.0"', '""', "minimum_firmware", "'' is not a firmware version"),
    ('"3.3.0"', '"3.3.0\\n"', "minimum_firmware", r"'3.3.0\n' is not a firmware version"),
    ('"license required"', '"required"', "features.LDAP", f"'required' is not {ANSWER_WORDS}"),
    ('"license required"', '"License Required"', "features.LDAP", f"'License Required' is not {ANSWER_WORDS}"),
    ('"license required"', '""', "features.LDAP", f"'' is not {ANSWER_WORDS}"),
]
NAME_WORDS = "a list of one or more names"
BAD_FEATURES = [
    ("bit = 9", "bit = 9\nbits = 9", "bits", "unknown key; expected one of: name, key, bit, component, suite"),
    ("[configured.sip-3]", "[configured.sip-4]", "configured.sip-4", "unknown key; expected one of: sip-3, ucs-3.3"),
    ("[configured.sip-3]", "[configured.ucs-3.3]", "configured.ucs-3", "unknown key; expected one of: sip-3, ucs-3.3"),
    ("numbered =", "named =", "configured.sip-3.named", "unknown key; expected one of: numbered, parameters"),
    ('name = "Presence"\nkey', "key", "name", "missing; expected "),
    ('key = "Presence"\n', "", "key", "missing; expected "),
    ("bit = 9\n", "", "bit", "missing; expected a whole number from 0 to 27"),
    ('component = "pres"\n', "", "component", "missing; expected "),
    ('suite = ""\n', "", "suite", "missing; expected words in ASCII"),
    ('display_name = "Presence"\n', "", "display_name", "missing; expected "),
    ('short_name = "Pres"\n', "", "short_name", "missing; expected "),
    ('[configured.sip-3]\nnumbered = ["presence"]\n', "", "configured", "missing; expected a table with sip-3"),
    ('[configured.sip-3]\nnumbered = ["presence"]\n', "[configured]", "configured", "empty; expected at least one"),
    ('numbered = ["presence"]\n', "", "configured.sip-3", "empty; expected numbered, parameters or both"),
    ("bit = 9", "bit = -1", "bit", "-1 is not a whole number from 0 to 27"),
    ("bit = 9", "bit = 28", "bit", "28 is not a whole number from 0 to 27"),
    ("bit = 9", 'bit = "9"', "bit", "'9' is not a whole number"),
    (
        "bit = 9",
        "bit = 4",
        "bit",
        "bit 4 is reserved for uaCSTA of later firmware; the sample log of the bulletin prints",
    ),
    ("bit = 9", "bit = 5", "bit", "bit 5 is reserved for Access URL"),
    ("bit = 9", "bit = 6", "bit", "bit 6 is reserved for enhanced feature keys"),
    ("bit = 9", "bit = 20", "bit", "bit 20 is reserved for the fault catalog"),
    ("bit = 9", "bit = true", "bit", "true is not a whole number"),
    ('key = "Presence"', 'key = "Pres ence"', "key", "'Pres ence' is not letters and digits"),
    ('key = "Presence"', 'key = ""', "key", "'' is not letters and digits"),
    ('"pres"', '"presence"', "component", "'presence' is not at most five lower-case letters"),
    ('"pres"', '"Pres"', "component", "'Pres' is not"),
    ('"pres"', '"p|es"', "component", "'p|es' is not"),
    ('suite = ""', 'suite = " "', "suite", "' ' is not words in ASCII"),
    ('suite = ""', "suite = 0", "suite", "0 is not words in ASCII"),
    ('short_name = "Pres"', 'short_name = "Presence of"', "short_name", "at most 10 characters"),
    ('display_name = "Presence"', 'display_name = "Pre\\nsence"', "display_name", r"'Pre\nsence' is not"),
    ('display_name = "Presence"', 'display_name = "Pré"', "display_name", "'Pré' is not words in ASCII"),
    ('["presence"]', "[]", "configured.sip-3.numbered", f"[] is not {NAME_WORDS}"),
    ('["presence"]', '"presence"', "configured.sip-3.numbered", "'presence' is not a list of texts"),
    ('["presence"]', '["a b"]', "configured.sip-3.numbered", f"['a b'] is not {NAME_WORDS}"),
    ('["presence"]', '["a", 1]', "configured.sip-3.numbered", "['a', 1] is not a list of texts"),
    ('["presence"]', '[["a"]]', "configured.sip-3.numbered", "[['a']] is not a list of texts"),
    ('["presence"]', '["a"]\nparameters = 1', "configured.sip-3.parameters", "1 is not a list of texts"),
]


def refusal_of(parse: Callable[[], object]) -> str:
    with pytest.raises(ModelFileError) as caught:
        parse()
    return str(caught.value)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "key", "words"), BAD_MODELS)
def test_bad_model_file_is_refused_with_its_key(old: str, new: str, key: str, words: str) -> None:
    message = refusal_of(lambda: parse_model(changed(MODEL, old, new), "bad.toml", KEYS))
    assert re.match(rf"bad\.toml:[0-9]+: {re.escape(key)}: ", message)
    assert words in message
    assert len(message) < 300


@pytest.mark.parametrize(("old", "new", "key", "words"), BAD_FEATURES)
def test_bad_feature_file_is_refused_with_its_key(old: str, new: str, key: str, words: str) -> None:
    message = refusal_of(lambda: parse_feature(changed(FEATURE, old, new), "bad.toml"))
    assert re.match(rf"bad\.toml:[0-9]+: {re.escape(key)}: ", message)
    assert words in message
    assert len(message) < 300


def test_refusal_names_the_line_of_the_key_or_of_its_table() -> None:
    for text, place in (
        (MODEL.replace("lines = 7", "lines = 0"), "bad.toml:5: lines: "),
        (MODEL.replace("width = 320\n", ""), "bad.toml:8: display.width: "),
        (MODEL.replace("LDAP", "Tea"), "bad.toml:14: features.Tea: "),
    ):
        with pytest.raises(ModelFileError, match=place):
            parse_model(text, "bad.toml", KEYS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lines = 7\nlines =\n", "not TOML: Invalid value (at line 2, column 8)"),
        ("lines = 7\nlines = 8\n", "not TOML: Cannot overwrite a value (at line 2, column 10)"),
        ('<?xml version="1.0"?>', "not TOML: Invalid statement (at line 1, column 1)"),
        ("lines = " + "9" * 900 + "e", "not TOML: "),
        ('name = "\ud800"\x00', "not TOML: "),
        ("lines = " + "[\n" * 20_000, "not TOML: nested too deeply"),
        ("lines = " + "[" * 500, "not TOML: nested too deeply"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text: str, words: str) -> None:
    assert refusal_of(lambda: parse_model(text, "bad.toml", KEYS)).startswith(f"bad.toml: {words}")
    assert refusal_of(lambda: parse_feature(text, "bad.toml")).startswith(f"bad.toml: {words}")


def test_dialect_that_a_feature_file_leaves_out_has_no_names() -> None:
    feature = parse_feature(FEATURE, "good.toml")
    assert feature.configured == {"sip-3": Configured(numbered=("presence",)), "ucs-3.3": Configured()}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("bit = 9", "bit = 2", "two features have the bit 2: 'Corporate Directory' and 'Presence'"),
        ('key = "Presence"', 'key = "LDAP"', "two features have the key LDAP: 'Corporate Directory' and 'Presence'"),
    ],
)
def test_two_features_that_cannot_be_told_apart_are_refused(old: str, new: str, words: str) -> None:
    check_features([*FEATURES, parse_feature(FEATURE, "good.toml")])
    twin = parse_feature(changed(FEATURE, old, new), "twin.toml")
    with pytest.raises(ModelFileError, match=words):
        check_features([*FEATURES, twin])


# ---- Anything at all


def toml_of(value: object) -> str:
    """The value as TOML, well enough: what comes out wrong is one more bad file."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {toml_of(v)}" for key, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    if isinstance(value, date | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


WORDS = st.sampled_from(["SoundPoint IP", "SPIP_1", "SoundPoint IP 1", "2345-12345-001", "3.0", "grey", "built in"])
SCALARS = st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=20) | WORDS
FIELDS = st.sampled_from(
    f"{TOP}, width, height, colors, LDAP, key, bit, component, suite, display_name, short_name, configured, sip-3, "
    "ucs-3.3, numbered, parameters".split(", ")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
# How fast the machine is, is not what is tested.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FILES = st.dictionaries(FIELDS, VALUES, max_size=10)


def message_of(parse: Callable[[], object]) -> str:
    """What is refused, or nothing when the file is read; any other exception fails the test."""
    try:
        parse()
    except ModelFileError as error:
        return str(error)
    return ""


def refuses_or_reads(text: str) -> None:
    for message in (
        message_of(lambda: parse_model(text, "any.toml", KEYS)),
        message_of(lambda: parse_feature(text, "any.toml")),
    ):
        assert message == "" or message.startswith("any.toml:")


@patiently
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    refuses_or_reads(text)


@pytest.mark.slow
@patiently
@given(FILES)
def test_any_toml_is_read_or_refused(values: dict[str, object]) -> None:
    refuses_or_reads("\n".join(f"{key} = {toml_of(value)}" for key, value in values.items()))


@pytest.mark.slow
@patiently
@given(st.sampled_from([MODEL, FEATURE]), st.data())
def test_any_one_value_changed_is_read_or_refused(text: str, data: st.DataObject) -> None:
    assignments = re.findall(r"(?m)^(\S+ = ).*$", text)
    chosen = data.draw(st.sampled_from(assignments))
    value = toml_of(data.draw(VALUES))
    refuses_or_reads(re.sub(rf"(?m)^{re.escape(chosen)}.*$", lambda _: chosen + value, text))


@pytest.mark.slow
@patiently
@given(st.text())
def test_any_text_that_names_no_model_is_unknown(name: str) -> None:
    # Every name of a model has a digit in it.
    assume(not re.search(r"\d", name))
    with pytest.raises(UsageError, match="unknown model"):
        load_model(name)
