"""The corporate directory in a phone's life: the bind at boot, searches, and never a word without a license (B13)."""

from collections.abc import Mapping

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.corporate_directory_settings import LdapServer
from phone_sim.firmware.effects import Effect, Log, Show
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.network_effects import (
    AskDirectory,
    DirectoryAnswered,
    DirectoryFailed,
    DirectoryReply,
    NotConnected,
)
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from tests.make import LDAP, PHONE_FILE, Dialogue, configured, identity, master, signed_key

SERVER = LdapServer(host="ldap.example", port=389)
CREDENTIALS = Credentials(user="cn=phone", password="s3cret")
PARAMETERS = {
    "dir_corp_address": "ldap.example",
    "dir_corp_user": "cn=phone",
    "dir_corp_password": "s3cret",
    "dir_corp_attribute_1_name": "sn",
    # What switches the directory on before UC Software 3.3; later firmware does not read it.
    "feature_1_name": "corporate-directory",
    "feature_1_enabled": "1",
}
SMITH = DirectoryAnswered(entries=({"sn": "Smith"},))
FAILED = DirectoryFailed("LDAP 49 invalidCredentials")


class Desk(Dialogue):
    """A phone that has booted with the corporate directory configured, and with a license for it or without."""

    def __init__(
        self,
        *,
        reply: DirectoryReply = NotConnected(),  # noqa: B008
        is_licensed: bool = True,
        features: tuple[str, ...] = ("LDAP",),
        model: str = "SPIP670",
        firmware: str = "3.3.0",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        files = {
            "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
            "site.cfg": configured(*features, **(PARAMETERS | dict(parameters or {}))),
        }
        if is_licensed:
            files[PHONE_FILE] = write([signed_key({LDAP: NEVER})])
        super().__init__(files)
        self.directory_reply = reply
        self.phone = Phone(identity(model=model, firmware=firmware))
        self.run(self.phone.power_on())

    def search(self, text: str = "Smi") -> Frame:
        """What the display shows after a search."""
        self.effects.clear()
        self.run(self.phone.search_corporate_directory(text))
        (shown,) = [effect for effect in self.effects if isinstance(effect, Show)]
        return shown.frame

    def reply(self, effect: Effect) -> object:
        """The reply to one effect; the directory server always says the same."""
        return self.directory_reply if isinstance(effect, AskDirectory) else super().reply(effect)

    @property
    def directory_asked(self) -> list[AskDirectory]:
        """What directory servers were asked."""
        return [effect for effect in self.effects if isinstance(effect, AskDirectory)]

    @property
    def said(self) -> list[str]:
        """What the directory has logged after its first line."""
        return [line for line in self.log_of("ldap") if not line.startswith("Initial log entry")]


def test_licensed_phone_binds_when_it_boots() -> None:
    desk = Desk(reply=DirectoryAnswered())
    assert desk.directory_asked == [AskDirectory(server=SERVER, credentials=CREDENTIALS)]
    assert desk.said == ["ldap: Bound to ldap://ldap.example:389"]


def test_phone_with_the_feature_built_in_binds() -> None:
    assert Desk(reply=DirectoryAnswered(), is_licensed=False, model="SSIP7000").said[0].startswith("ldap: Bound to ")


def test_other_features_bind_to_no_directory() -> None:
    desk = Desk(reply=DirectoryAnswered(), is_licensed=False, model="SSIP7000", features=("NwayConference",))
    assert desk.directory_asked == []


def test_bind_that_fails_is_logged_and_the_phone_goes_on() -> None:
    desk = Desk(reply=FAILED)
    assert desk.said == ["ldap: Bind to ldap://ldap.example:389 failed: LDAP 49 invalidCredentials"]
    assert desk.shown[-1] == "SoundPoint IP 670"


@pytest.mark.parametrize(
    "parameters", [{"dir_corp_address": ""}, {"dir_corp_bindOnInit": "0"}, {"dir_corp_address": "a b"}]
)
def test_phone_does_not_bind_where_it_is_not_told_to(parameters: dict[str, str]) -> None:
    desk = Desk(reply=DirectoryAnswered(), parameters=parameters)
    assert (desk.directory_asked, desk.said) == ([], [])


def test_sip_3_binds_when_it_searches_first() -> None:
    desk = Desk(reply=SMITH, firmware="3.2.4")
    assert desk.directory_asked == []
    assert desk.search().lines == ("Smith",)
    assert len(desk.directory_asked) == 1


@pytest.mark.parametrize(("features", "page"), [(("LDAP",), "Not Licensed"), ((), "Not configured for use")])
def test_nobody_is_asked_without_the_feature(features: tuple[str, ...], page: str) -> None:
    desk = Desk(reply=SMITH, is_licensed=False, features=features)
    assert desk.directory_asked == []
    assert desk.search() == Frame(title="Corporate Directory", lines=(page,))
    assert desk.directory_asked == []


def test_license_for_something_else_does_not_do() -> None:
    desk = Desk(reply=SMITH, is_licensed=False)
    desk.files[PHONE_FILE] = write([signed_key({0: NEVER})])
    desk.run(desk.phone.reboot())
    desk.run(desk.phone.restart())
    assert desk.search().lines == ("Not Licensed",)
    assert desk.directory_asked == []


def test_search_shows_who_was_found() -> None:
    desk = Desk(reply=SMITH, parameters={"log_level_change_ldap": "3"})
    assert desk.search("Smi") == Frame(title="Corporate Directory", lines=("Smith",))
    (asked,) = desk.directory_asked
    assert (asked.server, asked.credentials) == (SERVER, CREDENTIALS)
    assert asked.search is not None
    assert asked.search.filter == "(&(objectclass=person)(|(sn=Smi*)))"
    assert desk.said == ["ldap: Search of ldap://ldap.example:389 found 1"]


def test_search_that_fails_is_shown_and_logged() -> None:
    desk = Desk(reply=FAILED)
    assert desk.search().lines == ("Search failed: LDAP 49 invalidCredentials",)
    assert desk.said == ["ldap: Search of ldap://ldap.example:389 failed: LDAP 49 invalidCredentials"]


@pytest.mark.parametrize(
    ("parameters", "page"),
    [
        ({"dir_corp_address": ""}, "No server is configured."),
        ({"dir_corp_address": "a b"}, "No server is configured."),
        ({"dir_corp_attribute_1_name": ""}, "No attributes are configured."),
    ],
)
def test_search_says_what_the_configuration_lacks(parameters: dict[str, str], page: str) -> None:
    desk = Desk(reply=SMITH, parameters=parameters)
    assert desk.search().lines == (page,)
    assert desk.directory_asked == []


def test_phone_without_a_directory_in_its_network_logs_as_ever() -> None:
    alone, unconfigured = Desk(parameters={"dir_corp_port": "x"}), Desk(parameters={"dir_corp_address": ""})
    assert alone.lines == unconfigured.lines
    assert alone.search().lines == ("The phone has no network.",)
    assert alone.said == []


def test_bad_parameter_is_reported_once_a_boot() -> None:
    complaint = "Parameter dir.corp.port is x (site.cfg, line 1), not 0 to 65535: 0 is used"
    desk = Desk(reply=SMITH, parameters={"dir_corp_port": "x"})
    assert complaint in desk.log_of("cfg")
    desk.search()
    assert desk.log_of("cfg") == []
    desk.effects.clear()
    desk.run(desk.phone.reboot())
    desk.run(desk.phone.restart())
    assert complaint in desk.log_of("cfg")


def test_address_that_cannot_be_used_is_reported() -> None:
    desk = Desk(parameters={"dir_corp_address": "ldap://phone:s3cret@ldap.example/people"})
    (complaint,) = [line for line in desk.log_of("cfg") if "dir.corp" in line]
    assert complaint.startswith(
        "Parameter dir.corp.address is ldap.example/people (site.cfg, line 1), not a host, ldap://host or "
    )


def test_password_is_in_no_line_frame_or_effect() -> None:
    desk = Desk(reply=SMITH)
    shown = repr([effect for effect in desk.effects if isinstance(effect, Log | Show | AskDirectory)])
    desk.search()
    assert "s3cret" not in shown + repr(desk.effects)


def test_phone_in_a_call_can_search_and_one_that_is_off_cannot() -> None:
    desk = Desk(reply=SMITH)
    desk.phone.start_call()
    assert desk.search().lines == ("Smith",)
    desk.phone.cut_power()
    with pytest.raises(LifecycleError, match="a phone that is off cannot search"):
        desk.run(desk.phone.search_corporate_directory("Smi"))
