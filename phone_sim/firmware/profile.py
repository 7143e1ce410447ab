"""What differs between firmware releases: one row for each (B2, field notes 1.1 and 3.1).

A profile says in which dialect parameters are read, how the User-Agent is written, which override files exist and
when a license file is asked for. It does not know what a model can do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from phone_sim.errors import UsageError
from phone_sim.firmware_version import parse_version
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model

CURRENT = "3.3.0"
"""The release that the bulletin is up to date for (B2)."""


def usual_firmware(models: Iterable[Model]) -> str:
    """The firmware of phones of which nothing else is said (our choice).

    It is the bulletin's, unless all are of one model beyond the bulletin, which may never have had that; then it is the
    latest that is known for the model.
    """
    beyond = {"" if model.is_in_bulletin else model.known_firmware for model in models}
    return (beyond.pop() if len(beyond) == 1 else "") or CURRENT


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareProfile:
    """The behavior of a firmware release.

    `always_fetches_license` is the rule of later firmware (D8): both license files at every boot. `types_user_agent`
    adds `Type/Application`; `tag_parameter` is the parameter that adds the serial number to the User-Agent.
    `keeps_call_list` is true where the boot server has call lists (the master's attribute is UC Software 4.0's).
    `tls_versions` are those that it is known to speak, the oldest first; empty where that is not known. `splits_images`
    says that the boot ROM asks for the image of its own model, which has the part number in its name, `opens_boot_rom`
    that it asks for its own image first. `asks_call_lists` is for `<mac>-calls.xml` at boot, `appends_log` for a log
    that is sent piece by piece over HTTP, `always_asks_seed` for the contact directory of all phones, at every boot and
    not only at the original one.
    """

    version: str
    dialect: str
    override_files: tuple[str, ...]
    types_user_agent: bool
    tag_parameter: str
    always_fetches_license: bool
    keeps_call_list: bool
    tls_versions: tuple[str, ...]
    splits_images: bool
    opens_boot_rom: bool
    asks_call_lists: bool
    appends_log: bool
    always_asks_seed: bool

    def supports_licensing(self, model: Model) -> bool:
        """True from the firmware that has licensing on this model (B2).

        Where the first is not known, on models beyond the bulletin, all firmware counts as having it (our decision).
        """
        minimum = model.minimum_firmware
        return not minimum or parse_version(self.version) >= parse_version(minimum)

    def user_agent(self, model: Model, mac: MacAddress, *, tag_serial: bool) -> str:
        """The User-Agent of the SIP application's file transport (field notes 3.1)."""
        return self._file_transport(model, self.version, mac if tag_serial else None, "Application")

    def boot_rom_user_agent(self, model: Model, mac: MacAddress, *, tag_serial: bool) -> str:
        """The User-Agent of the boot ROM's file transport, from UC Software 4.0 on the Updater's (field notes 3.1).

        That it has the serial number where the application's has it is inferred.
        """
        return self._file_transport(model, model.boot_rom(self.version), mac if tag_serial else None, "Updater")

    def sip_user_agent(self, model: Model) -> str:
        """The User-Agent that the phone names itself by in SIP (field notes 3.1)."""
        return _token(model, self.version)

    def _file_transport(self, model: Model, version: str, serial: MacAddress | None, kind: str) -> str:
        tag = "" if serial is None else f" (SN:{serial})"
        return f"FileTransport {_token(model, version)}{tag}{f' Type/{kind}' if self.types_user_agent else ''}"


def _token(model: Model, version: str) -> str:
    return f"{model.user_agent_family}-{model.token}-UA/{version}"


def profile_for(version: str, *, always_fetches_license: bool | None = None) -> FirmwareProfile:
    """The profile of a firmware version such as `3.2.3.1734`; the license rule may be set apart from it (D8).

    The pair of override files is UC Software 3.3's, before that there was one (field notes 1.1). Split images were seen
    asked for by UC Software; the guides have SIP 3.x ask for `bootrom.ld` and the combined one, and that 3.3 is like
    4.0 is inferred. The versions of TLS are those that `device.sec.TLS.protocol.prov` can name in the vendor's schema
    of 4.0.15; nothing is known of others.

    Of 5.x a boot of 5.9.7 was observed: the files and their order, and the HEAD of the log. That all of 5.x is like it
    is our decision. That the seed of the contact directory was read at the original boot alone is said of the time
    before 5.4.0; that from then on every boot asks for it is inferred (field notes 1.1 and 3.2).

    Raises:
        UsageError: when `version` is not a version of 3.0 to 5.x.
    """
    number = parse_version(version)
    if not (3,) <= number < (6,):
        raise UsageError(f"firmware {version} is not known: 3.0 to 5.x are")
    software_3_3 = number >= (3, 3)
    software_4 = number >= (4,)
    software_5 = number >= (5,)
    return FirmwareProfile(
        version=version,
        dialect="ucs-3.3" if software_3_3 else "sip-3",
        override_files=("phone.cfg", "web.cfg") if software_3_3 else ("phone.cfg",),
        types_user_agent=software_4,
        keeps_call_list=software_4,
        tag_parameter="device.prov.tagSerialNo" if software_4 else "sec.tagSerialNo",
        tls_versions=("1.0", "1.1", "1.2") if number[:3] == (4, 0, 15) else (),
        splits_images=software_3_3,
        opens_boot_rom=not software_3_3,
        asks_call_lists=software_5,
        appends_log=software_5,
        always_asks_seed=number >= (5, 4),
        always_fetches_license=software_4 if always_fetches_license is None else always_fetches_license,
    )
