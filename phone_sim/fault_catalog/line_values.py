"""Facts from the values of a log line: which file, which status or failure, which feature, parameter and date.

The values come without blanks, as `log_lines` reads them. Whatever words a server or a library put into a line, a fact
is made of it; where they are not known, its trouble is `NOT_SAID`.
"""

from collections.abc import Callable, Mapping

from phone_sim.fault_catalog.facts import (
    Fact,
    FeatureExpired,
    FeatureNotOnModel,
    FeatureOff,
    FileRole,
    FileTrouble,
    KeyRead,
    KeysUpdated,
    LicenseRefused,
    NoConfiguration,
    Objection,
    ParameterUnused,
    Started,
    Trouble,
    role_of,
    trouble_of_status,
)
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.licensing.license_key import LicenseType

FactOfLine = Callable[[Mapping[str, str]], Fact]

_NUMBERS = {FileProtocol.HTTP: 3, FileProtocol.FTP: 3, FileProtocol.TFTP: 1}
# How phone_sim's transports word a failed transfer; the words of the system's errors are those of Linux.
_WORDINGS = (
    ("the certificate is not accepted", Trouble.CERTIFICATE),
    ("TLS ends without", Trouble.BROKEN_OFF),
    ("TLS:", Trouble.TLS),
    ("no answer", Trouble.NO_ANSWER),
    ("the transfer takes too long", Trouble.NO_ANSWER),
    ("Connection refused", Trouble.CONNECTION_REFUSED),
    ("the address of", Trouble.NAME_NOT_FOUND),
    ("the address cannot be used", Trouble.ADDRESS),
    ("no transport speaks", Trouble.ADDRESS),
    ("the server closed the connection", Trouble.BROKEN_OFF),
    ("the answer breaks off", Trouble.BROKEN_OFF),
    ("Connection reset by peer", Trouble.BROKEN_OFF),
    ("Broken pipe", Trouble.BROKEN_OFF),
    ("the file has more than", Trouble.TOO_LARGE),
    ("more than", Trouble.REDIRECTS),
    ("the answer is", Trouble.NOT_THE_PROTOCOL),
    ("No route to host", Trouble.UNREACHABLE),
    ("Network is unreachable", Trouble.UNREACHABLE),
)
_BY_WORDING = tuple((words.replace(" ", ""), trouble) for words, trouble in _WORDINGS)
_UNREADABLE = {"thefileisanHTMLpage": Trouble.WEB_PAGE, "gzip,notXML": Trouble.PACKED}
"""How a file begins to be refused whose trouble is known."""


def always(fact: Fact) -> FactOfLine:
    """The same fact, whatever the values are."""
    return lambda _: fact


def started(values: Mapping[str, str]) -> Started:
    """The phone with this `mac` has started; between model and MAC there was but a blank."""
    return Started(mac=f"{values['model']}{values['mac']}"[-12:])


def file_failed(values: Mapping[str, str]) -> FileTrouble:
    """`name` did not come, with phone_sim's `reason`, in which there may be colons."""
    name, _, words = f"{values['name']}:{values['reason']}".partition(":")
    role = role_of(name)
    for protocol, digits in _NUMBERS.items():
        title = protocol.title.replace(" ", "")
        number = words[len(title) :][:digits]
        if words.startswith(title) and len(number) == digits and number.isascii() and number.isdigit():
            status = int(number)
            trouble = trouble_of_status(protocol, status)
            return FileTrouble(file=name, role=role, trouble=trouble, status=status, protocol=protocol)
    trouble = next((trouble for known, trouble in _BY_WORDING if words.startswith(known)), Trouble.NOT_SAID)
    return FileTrouble(file=name, role=role, trouble=trouble)


def file_missing(values: Mapping[str, str]) -> FileTrouble:
    """`name` is not on the boot server."""
    return FileTrouble(file=values["name"], role=role_of(values["name"]), trouble=Trouble.MISSING)


def file_not_had(values: Mapping[str, str]) -> FileTrouble:
    """`name` did not come, and the line does not say why."""
    return FileTrouble(file=values["name"], role=role_of(values["name"]), trouble=Trouble.NOT_SAID)


def master_file(trouble: Trouble) -> FileTrouble:
    """The master configuration file, whose name the line does not say."""
    return FileTrouble(file="", role=FileRole.MASTER, trouble=trouble)


def file_unreadable(role: FileRole | None = None) -> FactOfLine:
    """`name` came and cannot be used, with the `reason`; its role is this one, or what the name says."""

    def fact(values: Mapping[str, str]) -> FileTrouble:
        name, words, line = values["name"], values["reason"], None
        head, colon, rest = words.partition(":")
        number = head.removeprefix("line")
        if colon and number != head and len(number) < 10 and number.isascii() and number.isdigit():
            words, line = rest, int(number)
        trouble = next((one for known, one in _UNREADABLE.items() if words.startswith(known)), Trouble.UNREADABLE)
        return FileTrouble(file=name, role=role or role_of(name), trouble=trouble, line=line)

    return fact


def no_configuration(*, keeps_last: bool) -> FactOfLine:
    """The boot has no configuration."""
    return always(NoConfiguration(keeps_last=keeps_last))


def refused(objection: Objection, license_type: LicenseType | None = None) -> FactOfLine:
    """A license key counts for nothing."""
    return always(LicenseRefused(objection=objection, type=license_type))


def expired(values: Mapping[str, str]) -> LicenseRefused:
    """The license of this `type` has expired."""
    license_type = LicenseType.SITE if values["type"] == LicenseType.SITE.value else LicenseType.PHONE
    return LicenseRefused(objection=Objection.EXPIRED, type=license_type)


def no_key_for_phone(values: Mapping[str, str]) -> LicenseRefused:
    """The license file `name` has keys for other phones only."""
    return LicenseRefused(objection=Objection.OTHER_PHONE, file=values["name"])


def key_read(values: Mapping[str, str]) -> KeyRead:
    """A key for a `feature` was read."""
    return KeyRead(feature=values["feature"])


def keys_updated(values: Mapping[str, str]) -> KeysUpdated:
    """A license file brought `count` grants."""
    count = values["count"]
    return KeysUpdated(count=int(count) if count.isascii() and count.isdigit() and len(count) < 10 else 0)


def feature_off(values: Mapping[str, str]) -> FeatureOff:
    """A `feature` is off for lack of a license."""
    return FeatureOff(feature=values["feature"])


def feature_expired(values: Mapping[str, str]) -> FeatureExpired:
    """The license of a `feature` expired in use."""
    return FeatureExpired(feature=values["feature"])


def feature_not_on_model(values: Mapping[str, str]) -> FeatureNotOnModel:
    """A `feature` is not on the model."""
    return FeatureNotOnModel(feature=values["feature"])


def parameter_unused(values: Mapping[str, str]) -> ParameterUnused:
    """The value of parameter `name` is not used."""
    return ParameterUnused(name=values["name"])
