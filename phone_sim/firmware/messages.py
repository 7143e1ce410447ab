"""The message catalog: every line that the phone can log, and where its wording comes from.

`BULLETIN` lines are those of the sample log (B14). `OBSERVED` ones were seen on real phones (field notes 4 and 9).
`OURS` are written only where a user needs them, in the style of the sample (D14). Nothing else is logged.
"""

from dataclasses import dataclass
from enum import Enum


class Source(Enum):
    """Where the wording of a message comes from."""

    BULLETIN = "bulletin"
    OBSERVED = "observed"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the log: level `*` is always written; `{...}` in component and text are filled in."""

    component: str
    level: str
    text: str
    source: Source


def _bulletin(component: str, level: str, text: str) -> Message:
    return Message(component, level, text, Source.BULLETIN)


def _ours(component: str, level: str, text: str) -> Message:
    return Message(component, level, text, Source.OURS)


UNKNOWN = "Unknown"
"""The name of a granted bit that this firmware has no feature for (B14, D2)."""

INITIAL_ENTRY = _bulletin("{component}", "*", "Initial log entry. Current logging level {level}")
KEY_IS_BLANK = _bulletin("lic", "4", "cfgCfsFlashKeyScratchLoad: key is blank")
NEW_KEY = _bulletin("lic", "*", "License: new key for {feature} expiry {expiry} added")
SIGNATURE_NOT_VALID = _bulletin("lic", "4", "cfgCfsXmlKeyValidate: Key signature is not valid")
PHONE_LICENSE_NOT_VALID = _bulletin("lic", "4", "cfgCfsKeysUpdateLicenseParse: Phone license is not valid")
KEYS_UPDATED = _bulletin("lic", "3", "cfgCfsKeysUpdate: {count} keys updated")
FEATURE_NOT_AVAILABLE = _bulletin("lic", "4", "License: feature {feature} is not available")
CORPORATE_DIRECTORY_NOT_LICENSED = _bulletin("ldap", "4", "ldap: Not Licensed")
CORPORATE_DIRECTORY_FAILED = _bulletin("ldap", "4", "cDynamicData::cDynamicData:cDynamicData:Failed")

LOG_UPLOAD_FAILED = Message(
    "log", "4", "UtilLogServerC::uploadFifoLog: upload error. protocol {protocol} result = {result}", Source.OBSERVED
)
LOG_LENGTH_NOT_TOLD = Message(
    "copy",
    "4",
    "Could not set the custom header Content-Range for HTTP/s request. "
    "Head request failed to get content-length of server file.",
    Source.OBSERVED,
)

SITE_LICENSE_NOT_VALID = _ours("lic", "4", "cfgCfsKeysUpdateLicenseParse: Site license is not valid")
LICENSE_NOT_VALID = _ours("lic", "4", "cfgCfsKeysUpdateLicenseParse: license is not valid")
NOT_LICENSED = _ours("{component}", "4", "{component}: Not Licensed")
STARTED = _ours("app1", "*", "{model} {mac} firmware {firmware} started")
CLOCK_SET = _ours("app1", "*", "SNTP: the clock is set to {time} GMT by {server}")
NO_TIME = _ours("app1", "4", "SNTP: no time: {reason}")
TIME_STANDS_STILL = _ours(
    "app1", "4", "SNTP: {server} tells {time} GMT again: its clock stands still, it is not followed"
)
TIME_CONTRADICTS = _ours(
    "app1",
    "4",
    "SNTP: {server} tells {time} GMT after a change and a change back: not followed until it is told for a day",
)
REBOOTING = _ours("app1", "*", "Reboot: {reason}")
REBOOT_WAITS = _ours("app1", "*", "Reboot: {reason}: it waits, active calls: {calls}")
CHECK_SYNC = _ours("sip", "*", "SIP: NOTIFY check-sync")
CONFIGURATION_UNCHANGED = _ours("cfg", "*", "The configuration files have not changed")
POLL_UNCHANGED = _ours("cfg", "3", "prov.polling: the configuration files have not changed")
PARAMETER_CHANGED = _ours("cfg", "*", "Parameter {name} is changed to {value} ({origin})")
OVERRIDES_GONE = _ours("cfg", "4", "File {name} is not on the boot server any more: changes in flash are used")
LEASED = _ours("net", "*", "DHCP: address {address}, boot server {servers}")
OPTION_REFUSED = _ours("net", "4", "DHCP: option {option} is {value} and names no boot server: {reason}")
NO_LEASE = _ours("net", "4", "DHCP: no lease: {reason}")
NO_BOOT_SERVER = _ours("cfg", "4", "No boot server is known")
BOOT_SERVER_CHANGED = _ours("cfg", "*", "Boot server is now {server} ({place}): the phone reboots to use it")
BOOT_SERVER_NOT_USED = _ours("cfg", "4", "Boot server {server} ({place}) is not used: {reason}")
MASTER_NOT_READABLE = _ours("cfg", "4", "Master configuration file {name} cannot be used: {reason}")
NO_CONFIGURATION = _ours("cfg", "4", "No configuration from the boot server, the last one is used: {reason}")
NEVER_CONFIGURED = _ours("cfg", "4", "No configuration from the boot server, and none from before: {reason}")
CONFIG_NOT_READABLE = _ours("cfg", "4", "Configuration file {name} cannot be used: {reason}")
CONTACTS_NOT_READABLE = _ours("cfg", "4", "Contact directory {name} cannot be used: {reason}")
CONFIG_FILES_TOO_LONG = _ours("cfg", "4", "CONFIG_FILES: {reason}")
PARAMETERS_INSTEAD_OF_MASTER = _ours(
    "cfg", "4", "No master configuration file: parameters of {name} have the lowest priority"
)
IGNORED_IN_MASTER = _ours("cfg", "4", "Parameters in master configuration file {name} are ignored, such as {parameter}")
PRE_3_3_PARAMETERS = _ours("cfg", "4", "{name} has pre-3.3.0 parameters ({parameter}), they are ignored")
LATER_PARAMETERS = _ours("cfg", "4", "{name} has parameters of 3.3.0 and later ({parameter}), they are ignored")
NOT_PERFORMED = _ours("cfg", "4", "Parameter {name} is {value}: not performed here, {used} is used")
BAD_PARAMETER = _ours("cfg", "4", "Parameter {name} is {value}, not {expected}: {used} is used")
NOT_ON_THIS_MODEL = _ours("cfg", "4", "Feature {feature} is configured but not on this model")
FILE_NOT_FOUND = _ours("copy", "3", "File {name} is not on the boot server")
DOWNLOAD_FAILED = _ours("copy", "4", "Failed to download file {name}: {reason}")
FILE_LEFT_OUT = _ours("copy", "4", "File {name} is not asked for: {reason}")
BOOT_ROM_STARTED = _ours("app1", "*", "{model} {mac} {stage} {version} started")
NO_IMAGE_NAMED = _ours("copy", "*", "No firmware image is named: {reason}")
IMAGE_NOT_USABLE = _ours("copy", "4", "Firmware image {name} cannot be used: {reason}")
IMAGE_OPENED = _ours("copy", "*", "Firmware image {name}: {size} bytes read, then dropped: {firmware} is in flash")
IMAGE_READ = _ours("copy", "*", "Firmware image {name}: {size} bytes read: {firmware} replaces {before}")
FIRMWARE_KEPT = _ours("app1", "*", "Firmware {firmware} in flash is kept")
UPLOAD_FAILED = _ours("copy", "4", "Failed to upload file {name}: {reason}")
LOG_UPLOAD_LEFT_OUT = _ours("log", "4", "The log is not uploaded: {reason}")
FLASH_DAMAGED = _ours("lic", "4", "cfgCfsFlashKeyScratchLoad: flash is damaged, it counts as blank: {reason}")
FLASH_UNREADABLE = _ours("lic", "4", "cfgCfsFlashKeyScratchLoad: flash cannot be read and is left as it is: {reason}")
FLASH_KEY_NOT_VALID = _ours("lic", "4", "cfgCfsFlashKeyScratchLoad: {count} keys in flash are not valid")
FLASH_WRITE_FAILED = _ours("lic", "4", "cfgCfsFlashKeyScratchSave: flash was not written: {reason}")
FIRMWARE_TOO_OLD = _ours("lic", "4", "License: {model} has no licensing before firmware {minimum}, this is {firmware}")
NOT_AN_ACTIVATION_FILE = _ours("lic", "4", "cfgCfsKeysUpdate: {name} is not an activation file: {reason}")
TOO_MANY_KEYS = _ours("lic", "4", "cfgCfsKeysUpdate: {name} has {count} keys for this phone, {limit} are read")
NO_KEY_FOR_PHONE = _ours("lic", "4", "cfgCfsKeysUpdate: {name} has no key for this phone, {skipped} for others")
KEY_MALFORMED = _ours("lic", "4", "cfgCfsXmlKeyValidate: Key is malformed: {reason}")
LICENSE_EXPIRED = _ours("lic", "4", "cfgCfsKeysUpdateLicenseParse: {type} license has expired")
FEATURE_EXPIRED = _ours("lic", "4", "License: key for {feature} expiry {expiry} has expired")
WAITING_FOR_IDLE = _ours("lic", "4", "License: the reboot waits, active calls: {calls}")
CORPORATE_DIRECTORY_BOUND = _ours("ldap", "*", "ldap: Bound to {server}")
CORPORATE_DIRECTORY_BIND_FAILED = _ours("ldap", "4", "ldap: Bind to {server} failed: {reason}")
CORPORATE_DIRECTORY_SEARCHED = _ours("ldap", "3", "ldap: Search of {server} found {count}")
CORPORATE_DIRECTORY_SEARCH_FAILED = _ours("ldap", "4", "ldap: Search of {server} failed: {reason}")

MESSAGE_CATALOG = tuple(value for value in list(globals().values()) if isinstance(value, Message))
"""The message catalog: all messages, in the order above."""
