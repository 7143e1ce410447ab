"""What each message of a phone's log means, and the causes that it points to, the likeliest first."""

from collections.abc import Mapping
from dataclasses import dataclass

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.causes import Cause
from phone_sim.firmware import messages
from phone_sim.firmware.messages import Message


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message in plain words, and its causes."""

    meaning: str
    causes: tuple[Cause, ...] = ()


_NOT_TAKEN = Explanation(
    "The keys of this license were not taken; the line before says why.", (causes.SIGNATURE, causes.MALFORMED_KEY)
)
EXPLANATIONS: Mapping[Message, Explanation] = {
    messages.INITIAL_ENTRY: Explanation("A part of the phone has started, and logs from this level up."),
    messages.KEY_IS_BLANK: Explanation("There is no license in flash yet."),
    messages.NEW_KEY: Explanation(
        "A key was read from an activation file. It counts only if no complaint about its signature follows. A date at "
        "the turn of 1969 to 1970 is the mark for licenses that never expire."
    ),
    messages.SIGNATURE_NOT_VALID: Explanation(
        "The signature does not fit the key, so nothing that it grants was taken.", (causes.SIGNATURE,)
    ),
    messages.PHONE_LICENSE_NOT_VALID: _NOT_TAKEN,
    messages.SITE_LICENSE_NOT_VALID: _NOT_TAKEN,
    messages.LICENSE_NOT_VALID: _NOT_TAKEN,
    messages.KEYS_UPDATED: Explanation(
        "The number of features that got a license, or another expiry, from the file; 0 if it changed nothing."
    ),
    messages.FEATURE_NOT_AVAILABLE: Explanation(
        "The feature is configured and has no valid license, so it is off (B13).",
        (causes.NO_FILE, causes.OTHER_PHONES, causes.SIGNATURE, causes.OVER, causes.LACKS_FEATURE),
    ),
    messages.DIRECTORY_NOT_LICENSED: Explanation("The Corporate Directory was told to stay off."),
    messages.NOT_LICENSED: Explanation("The part of the phone that does this was told to stay off."),
    messages.DIRECTORY_FAILED: Explanation("The Corporate Directory gives up, since it is not licensed."),
    messages.LOG_UPLOAD_FAILED: Explanation("The boot server did not take the phone's log. Licensing does not mind."),
    messages.STARTED: Explanation("The phone has started."),
    messages.CLOCK_SET: Explanation(
        "An SNTP server told another time than the clock showed; from here on the stamps follow it."
    ),
    messages.NO_TIME: Explanation(
        "No SNTP server told the time: the clock runs on as it is, and one that was never set expires nothing (D12).",
        (causes.CLOCK_UNSET,),
    ),
    messages.REBOOTING: Explanation("The phone restarts."),
    messages.LEASED: Explanation("What the DHCP server gave, and the boot server that its options name.", ()),
    messages.NO_LEASE: Explanation(
        "The phone goes by the boot server that it was given or remembers.", (causes.SERVER,)
    ),
    messages.NO_BOOT_SERVER: Explanation("The phone was given no boot server.", (causes.SERVER,)),
    messages.MASTER_NOT_READABLE: Explanation(
        "This master configuration file was passed over, and the next one tried.", (causes.CONFIGURATION,)
    ),
    messages.NO_CONFIGURATION: Explanation(
        "The phone got no whole configuration and goes by the last one it had.", (causes.SERVER,)
    ),
    messages.NEVER_CONFIGURED: Explanation(
        "The phone got no whole configuration and never had one: it goes by the defaults.", (causes.SERVER,)
    ),
    messages.CONFIG_NOT_READABLE: Explanation("This file was left out.", (causes.CONFIGURATION,)),
    messages.CONTACTS_NOT_READABLE: Explanation("The phone keeps the contacts that it had.", (causes.CONFIGURATION,)),
    messages.CONFIG_FILES_TOO_LONG: Explanation("A part of the list was left out.", (causes.CONFIGURATION,)),
    messages.PRE_3_3_PARAMETERS: Explanation(
        "The file is written for firmware before 3.3.0, which named features by number.", (causes.CONFIGURATION,)
    ),
    messages.BAD_PARAMETER: Explanation("The value cannot be used.", (causes.CONFIGURATION,)),
    messages.NOT_ON_THIS_MODEL: Explanation("The model does not have this feature (B3).", (causes.NOT_ON_MODEL,)),
    messages.FILE_NOT_FOUND: Explanation("The boot server does not have this file, and need not."),
    messages.DOWNLOAD_FAILED: Explanation("The file was asked for and did not come.", (causes.NO_FILE, causes.SERVER)),
    messages.FLASH_DAMAGED: Explanation("The phone goes on as with blank flash.", (causes.FLASH,)),
    messages.FLASH_UNREADABLE: Explanation("The phone goes on as with blank flash, and writes none.", (causes.FLASH,)),
    messages.FLASH_KEY_NOT_VALID: Explanation(
        "Keys in flash do not verify: they were tampered with, or the phone's trust anchor changed.",
        (causes.SIGNATURE,),
    ),
    messages.FLASH_WRITE_FAILED: Explanation("What the phone learned is lost at the next boot.", (causes.FLASH,)),
    messages.FIRMWARE_TOO_OLD: Explanation("Licensed features stay off in this firmware (B2).", (causes.FIRMWARE,)),
    messages.NOT_AN_ACTIVATION_FILE: Explanation("What came is no activation file.", (causes.NOT_A_FILE,)),
    messages.TOO_MANY_KEYS: Explanation("The rest of the keys was not looked at.", (causes.NOT_A_FILE,)),
    messages.NO_KEY_FOR_PHONE: Explanation("The file is in order, but not for this phone.", (causes.OTHER_PHONES,)),
    messages.KEY_MALFORMED: Explanation("The key was not taken; its form is wrong.", (causes.MALFORMED_KEY,)),
    messages.LICENSE_EXPIRED: Explanation("The keys are genuine, and over.", (causes.OVER,)),
    messages.FEATURE_EXPIRED: Explanation(
        "The daily check found that a license in use has run out; the phone reboots to remove the feature (B12).",
        (causes.OVER,),
    ),
    messages.WAITING_FOR_IDLE: Explanation("Active calls are not interrupted (B12).", (causes.OVER,)),
    messages.DIRECTORY_BOUND: Explanation("The Corporate Directory is licensed, and its server took the bind."),
    messages.DIRECTORY_BIND_FAILED: Explanation(
        "The Corporate Directory is licensed, but its server could not be used.", (causes.DIRECTORY_SERVER,)
    ),
    messages.DIRECTORY_SEARCHED: Explanation("The Corporate Directory's server answered a search."),
    messages.DIRECTORY_SEARCH_FAILED: Explanation(
        "A search of the Corporate Directory came to nothing.", (causes.DIRECTORY_SERVER,)
    ),
}
