"""The lines of a log that `explain` knows: what each means, and which causes it shows or hints at.

The lines of the message catalog, which phone_sim itself logs, come first and in its order. Then come lines that only
real phones log, as seen in public logs (field notes 4.4). The source of a line is that of its message. This module does
not know how causes are weighed against each other.
"""

from dataclasses import dataclass

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.causes import Cause
from phone_sim.firmware import messages
from phone_sim.firmware.messages import Message, Source


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line that a phone can log, in plain words.

    `proves` is the cause that the line alone shows; `suggests` are causes that may lie behind it, the likeliest first.
    `rank`, if given, replaces the rank of the cause that the line proves.
    """

    message: Message
    meaning: str
    proves: Cause | None = None
    suggests: tuple[Cause, ...] = ()
    rank: int | None = None

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All causes that the line points to, the likeliest first."""
        return self.suggests if self.proves is None else (self.proves, *self.suggests)


def _foreign(component: str, level: str, text: str, meaning: str, *, suggests: tuple[Cause, ...] = ()) -> KnownLine:
    """A line that only real phones log."""
    return KnownLine(Message(component, level, text, Source.OBSERVED), meaning, suggests=suggests)


_NOT_TAKEN = "The keys of this license were not taken; the line before says why."
_NOT_TAKEN_SUGGESTS = (causes.SIGNATURE, causes.MALFORMED_KEY)

KNOWN_LINES = (
    KnownLine(messages.INITIAL_ENTRY, "A part of the phone has started, and logs from this level up."),
    KnownLine(messages.KEY_IS_BLANK, "There is no license in flash yet."),
    KnownLine(
        messages.NEW_KEY,
        "A key was read from an activation file. It counts only if no complaint about its signature follows. A date at "
        "the turn of 1969 to 1970 is the mark for licenses that never expire.",
    ),
    KnownLine(
        messages.SIGNATURE_NOT_VALID,
        "The signature does not fit the key, so nothing that it grants was taken.",
        proves=causes.SIGNATURE,
    ),
    KnownLine(messages.PHONE_LICENSE_NOT_VALID, _NOT_TAKEN, suggests=_NOT_TAKEN_SUGGESTS),
    KnownLine(
        messages.KEYS_UPDATED,
        "The number of features that got a license, or another expiry, from the file; 0 if it changed nothing.",
    ),
    KnownLine(
        messages.FEATURE_NOT_AVAILABLE,
        "The feature is configured and has no valid license, so it is off (B13).",
        suggests=(causes.NO_FILE, causes.OTHER_PHONES, causes.SIGNATURE, causes.OVER, causes.LACKS_FEATURE),
    ),
    KnownLine(messages.CORPORATE_DIRECTORY_NOT_LICENSED, "The Corporate Directory was told to stay off."),
    KnownLine(messages.CORPORATE_DIRECTORY_FAILED, "The Corporate Directory gives up, since it is not licensed."),
    KnownLine(messages.LOG_UPLOAD_FAILED, "The boot server did not take the phone's log. Licensing does not mind."),
    KnownLine(messages.SITE_LICENSE_NOT_VALID, _NOT_TAKEN, suggests=_NOT_TAKEN_SUGGESTS),
    KnownLine(messages.LICENSE_NOT_VALID, _NOT_TAKEN, suggests=_NOT_TAKEN_SUGGESTS),
    KnownLine(messages.NOT_LICENSED, "The part of the phone that does this was told to stay off."),
    KnownLine(messages.STARTED, "The phone has started."),
    KnownLine(
        messages.CLOCK_SET,
        "An SNTP server told another time than the clock showed; from here on the stamps follow it.",
    ),
    KnownLine(
        messages.NO_TIME,
        "No SNTP server told the time: the clock runs on as it is, and one that was never set expires nothing (D12).",
        suggests=(causes.CLOCK_UNSET,),
    ),
    KnownLine(
        messages.TIME_STANDS_STILL,
        "The server told just this time before, and the phone's clock has run on since: it is not set back.",
        proves=causes.TIME_SERVER,
    ),
    KnownLine(
        messages.TIME_CONTRADICTS,
        "The time servers changed the clock and changed it back, and this would change it once more. Each change can "
        "end licenses and reboot the phone, so it waits until the servers keep to the new time.",
        proves=causes.TIME_SERVER,
    ),
    KnownLine(messages.REBOOTING, "The phone restarts."),
    KnownLine(messages.LEASED, "What the DHCP server gave, and the boot server that its options name."),
    KnownLine(
        messages.OPTION_REFUSED,
        "The DHCP server's option is to name the boot server, and its value cannot be used: correct it there.",
        suggests=(causes.SERVER,),
    ),
    KnownLine(
        messages.NO_LEASE,
        "The phone goes by the boot server that it was given or remembers.",
        suggests=(causes.SERVER,),
    ),
    KnownLine(messages.NO_BOOT_SERVER, "The phone was given no boot server.", proves=causes.SERVER),
    KnownLine(
        messages.BOOT_SERVER_CHANGED,
        "A file sets device.prov.*, which the phone keeps: it boots from that server from now on.",
    ),
    KnownLine(
        messages.BOOT_SERVER_NOT_USED,
        "A file sets device.prov.*, and the phone stays with the boot server that it has.",
        suggests=(causes.CONFIGURATION,),
    ),
    KnownLine(
        messages.MASTER_NOT_READABLE,
        "This master configuration file was passed over, and the next one tried.",
        proves=causes.CONFIGURATION,
    ),
    KnownLine(
        messages.NO_CONFIGURATION,
        "The phone got no whole configuration and goes by the last one it had.",
        proves=causes.SERVER,
    ),
    KnownLine(
        messages.NEVER_CONFIGURED,
        "The phone got no whole configuration and never had one: it goes by the defaults.",
        suggests=(causes.SERVER,),
    ),
    KnownLine(messages.CONFIG_NOT_READABLE, "This file was left out.", proves=causes.CONFIGURATION),
    KnownLine(messages.CONTACTS_NOT_READABLE, "The phone keeps the contacts that it had.", proves=causes.CONFIGURATION),
    KnownLine(messages.CONFIG_FILES_TOO_LONG, "A part of the list was left out.", proves=causes.CONFIGURATION),
    KnownLine(
        messages.PARAMETERS_INSTEAD_OF_MASTER,
        "No file lists other files for this phone: it has the overrides, and below them the parameters of this file.",
        suggests=(causes.CONFIGURATION,),
    ),
    KnownLine(
        messages.IGNORED_IN_MASTER,
        "A master configuration file lists files; its parameters are not in force.",
        suggests=(causes.CONFIGURATION,),
    ),
    KnownLine(
        messages.PRE_3_3_PARAMETERS,
        "The file is written for firmware before 3.3.0, which named features by number.",
        proves=causes.CONFIGURATION,
    ),
    KnownLine(
        messages.LATER_PARAMETERS,
        "The file is written for UC Software 3.3.0 or later, which names features by parameters of their own.",
        proves=causes.CONFIGURATION,
    ),
    KnownLine(messages.NOT_PERFORMED, "A real phone can use the value; a phone here uses another one."),
    KnownLine(messages.BAD_PARAMETER, "The value cannot be used.", proves=causes.CONFIGURATION),
    KnownLine(messages.NOT_ON_THIS_MODEL, "The model does not have this feature (B3).", proves=causes.NOT_ON_MODEL),
    KnownLine(messages.FILE_NOT_FOUND, "The boot server does not have this file, and need not."),
    KnownLine(
        messages.DOWNLOAD_FAILED,
        "The file was asked for and did not come.",
        suggests=(causes.NO_FILE, causes.SERVER),
    ),
    KnownLine(messages.FLASH_DAMAGED, "The phone goes on as with blank flash.", proves=causes.FLASH),
    KnownLine(
        messages.FLASH_UNREADABLE,
        "The phone goes on as with blank flash, and writes none.",
        suggests=(causes.FLASH,),
    ),
    KnownLine(
        messages.FLASH_KEY_NOT_VALID,
        "Keys in flash do not verify: they were tampered with, or the phone's trust anchor changed.",
        suggests=(causes.SIGNATURE,),
    ),
    KnownLine(
        messages.FLASH_WRITE_FAILED, "What the phone learned is lost at the next boot.", suggests=(causes.FLASH,)
    ),
    KnownLine(messages.FIRMWARE_TOO_OLD, "Licensed features stay off in this firmware (B2).", proves=causes.FIRMWARE),
    KnownLine(messages.NOT_AN_ACTIVATION_FILE, "What came is no activation file.", proves=causes.NOT_A_FILE),
    KnownLine(messages.TOO_MANY_KEYS, "The rest of the keys was not looked at.", suggests=(causes.NOT_A_FILE,)),
    KnownLine(messages.NO_KEY_FOR_PHONE, "The file is in order, but not for this phone.", proves=causes.OTHER_PHONES),
    KnownLine(messages.KEY_MALFORMED, "The key was not taken; its form is wrong.", proves=causes.MALFORMED_KEY),
    KnownLine(messages.LICENSE_EXPIRED, "The keys are genuine, and over.", proves=causes.OVER),
    KnownLine(
        messages.FEATURE_EXPIRED,
        "The daily check found that a license in use has run out; the phone reboots to remove the feature (B12).",
        proves=causes.OVER,
        rank=causes.RAN_OUT_IN_USE,
    ),
    KnownLine(messages.WAITING_FOR_IDLE, "Active calls are not interrupted (B12).", suggests=(causes.OVER,)),
    KnownLine(messages.CORPORATE_DIRECTORY_BOUND, "The Corporate Directory is licensed, and its server took the bind."),
    KnownLine(
        messages.CORPORATE_DIRECTORY_BIND_FAILED,
        "The Corporate Directory is licensed, but its server could not be used.",
        suggests=(causes.CORPORATE_DIRECTORY_SERVER,),
    ),
    KnownLine(messages.CORPORATE_DIRECTORY_SEARCHED, "The Corporate Directory's server answered a search."),
    KnownLine(
        messages.CORPORATE_DIRECTORY_SEARCH_FAILED,
        "A search of the Corporate Directory came to nothing.",
        suggests=(causes.CORPORATE_DIRECTORY_SERVER,),
    ),
    _foreign("lldp", "4", "Ignoring corrupt LLDP packet.", "A packet from the network switch was damaged."),
    _foreign(
        "copy",
        "4",
        "Could not set the custom header Content-Range for HTTP/s request. "
        "Head request failed to get content-length of server file.",
        "The phone could not append to its log on the boot server: the server did not say how long the file is.",
    ),
    _foreign("res", "4", "Failed to download file {name}", "A picture or a sound did not come from the boot server."),
    _foreign(
        "sip", "*", "Sip Register Usr:{user} Dsp:[{name}] Auth:'{auth}'", "A telephone line registers with its server."
    ),
    _foreign(
        "ldap",
        "4",
        "ldapXfer::start:xferStart failed cState={state}",
        "The Corporate Directory could not start a transfer from its server.",
        suggests=(causes.CORPORATE_DIRECTORY_SERVER,),
    ),
)
"""All known lines; a line of a log is the first of them that it matches."""
