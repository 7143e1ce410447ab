"""The lines of a log that `explain` knows: what each means, the fact that it shows, and what may lie behind it.

The lines of the message catalog, which phone_sim itself logs, come first and in its order. Then come those that only
real phones log. The source of a line is that of its message. This module does not know how facts are weighed.
"""

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog import line_values as shows
from phone_sim.fault_catalog.facts import Condition, FileRole, Objection
from phone_sim.fault_catalog.known_line import KnownLine
from phone_sim.fault_catalog.observed_lines import OBSERVED_LINES
from phone_sim.firmware import messages

_NOT_TAKEN = "The keys of this license were not taken; the line before says why."

KNOWN_LINES = (
    KnownLine(messages.INITIAL_ENTRY, "A part of the phone has started, and logs from this level up."),
    KnownLine(messages.KEY_IS_BLANK, "There is no license in flash yet.", fact=shows.always(Condition.BLANK_FLASH)),
    KnownLine(
        messages.NEW_KEY,
        "A key was read from an activation file. It counts only if no complaint about its signature follows. A date at "
        "the turn of 1969 to 1970 is the mark for licenses that never expire.",
        fact=shows.key_read,
    ),
    KnownLine(
        messages.SIGNATURE_NOT_VALID,
        "The signature does not fit the key, so nothing that it grants was taken.",
        fact=shows.refused(Objection.SIGNATURE),
    ),
    KnownLine(messages.PHONE_LICENSE_NOT_VALID, _NOT_TAKEN, suggests=(causes.SIGNATURE, causes.MALFORMED_KEY)),
    KnownLine(
        messages.KEYS_UPDATED,
        "The number of features that got a license, or another expiry, from the file; 0 if it changed nothing.",
        fact=shows.keys_updated,
    ),
    KnownLine(
        messages.FEATURE_NOT_AVAILABLE,
        "The feature is configured and has no valid license, so it is off (B13).",
        fact=shows.feature_off,
        suggests=(causes.NO_FILE, causes.OTHER_PHONES, causes.SIGNATURE, causes.EXPIRED, causes.LACKS_FEATURE),
    ),
    KnownLine(messages.CORPORATE_DIRECTORY_NOT_LICENSED, "The Corporate Directory was told to stay off."),
    KnownLine(messages.CORPORATE_DIRECTORY_FAILED, "The Corporate Directory gives up, since it is not licensed."),
    KnownLine(
        messages.LOG_UPLOAD_FAILED,
        "The boot server did not take the phone's log.",
        fact=shows.always(Condition.LOG_NOT_UPLOADED),
    ),
    KnownLine(
        messages.LOG_LENGTH_NOT_TOLD,
        "The phone could not append to its log on the boot server: the server did not say how long the file is.",
        fact=shows.always(Condition.LOG_NOT_UPLOADED),
    ),
    KnownLine(messages.SITE_LICENSE_NOT_VALID, _NOT_TAKEN, suggests=(causes.SIGNATURE, causes.MALFORMED_KEY)),
    KnownLine(messages.LICENSE_NOT_VALID, _NOT_TAKEN, suggests=(causes.SIGNATURE, causes.MALFORMED_KEY)),
    KnownLine(messages.NOT_LICENSED, "The part of the phone that does this was told to stay off."),
    KnownLine(messages.STARTED, "The phone has started.", fact=shows.started),
    KnownLine(
        messages.CLOCK_SET, "An SNTP server told another time than the clock showed; from here on the stamps follow it."
    ),
    KnownLine(
        messages.NO_TIME,
        "No SNTP server told the time: the clock runs on as it is, and one that was never set expires nothing (D12).",
        fact=shows.always(Condition.NO_TIME),
    ),
    KnownLine(
        messages.TIME_STANDS_STILL,
        "The server told exactly this time before, while the phone's clock went on: the clock is not set back.",
        fact=shows.always(Condition.TIME_NOT_FOLLOWED),
    ),
    KnownLine(
        messages.TIME_CONTRADICTS,
        "The time servers changed the clock and changed it back, and this would change it once more. Each change can "
        "end licenses and reboot the phone, so it waits until the servers keep to the new time.",
        fact=shows.always(Condition.TIME_NOT_FOLLOWED),
    ),
    KnownLine(messages.REBOOTING, "The phone restarts."),
    KnownLine(messages.REBOOT_WAITS, "The phone restarts when the last call has ended."),
    KnownLine(messages.CHECK_SYNC, "A server asked the phone to look for changed configuration files."),
    KnownLine(messages.CONFIGURATION_UNCHANGED, "The phone does not reboot, since its configuration is the same."),
    KnownLine(messages.POLL_UNCHANGED, "The phone asked for its configuration files by itself, and does not reboot."),
    KnownLine(messages.PARAMETER_CHANGED, "Somebody changed a parameter on the phone or on its web page."),
    KnownLine(
        messages.OVERRIDES_GONE,
        "The boot server took the file and has it no more; a phone with another flash would have lost what is in it.",
        remedy="Have the boot server store what phones upload, and do not remove <mac>-phone.cfg and <mac>-web.cfg.",
    ),
    KnownLine(messages.LEASED, "What the DHCP server gave, and the boot server that its options name."),
    KnownLine(
        messages.OPTION_REFUSED,
        "The DHCP option that should name the boot server has a value that cannot be used.",
        remedy="Correct the option on the DHCP server: a URL such as tftp://10.0.0.1/.",
    ),
    KnownLine(
        messages.NO_LEASE,
        "The phone uses the boot server that it was given or remembers.",
        remedy="Check that a DHCP server answers in the phone's VLAN.",
    ),
    KnownLine(
        messages.NO_BOOT_SERVER, "The phone was given no boot server.", fact=shows.always(Condition.NO_BOOT_SERVER)
    ),
    KnownLine(
        messages.BOOT_SERVER_CHANGED,
        "A file sets device.prov.*, which the phone keeps: it boots from that server from now on.",
    ),
    KnownLine(
        messages.BOOT_SERVER_NOT_USED,
        "A file sets device.prov.*, and the phone stays with the boot server that it has.",
        remedy="Start the phone with the boot server that the files name, or take device.prov.* out of them.",
    ),
    KnownLine(
        messages.MASTER_NOT_READABLE,
        "This master configuration file cannot be used; the phone tries the next one.",
        fact=shows.file_unreadable(FileRole.MASTER),
    ),
    KnownLine(
        messages.NO_CONFIGURATION,
        "The phone got no whole configuration and uses the last one that it had.",
        fact=shows.no_configuration(keeps_last=True),
    ),
    KnownLine(
        messages.NEVER_CONFIGURED,
        "The phone got no whole configuration and never had one: its parameters have their defaults.",
        fact=shows.no_configuration(keeps_last=False),
    ),
    KnownLine(
        messages.CONFIG_NOT_READABLE,
        "Nothing in this file is in force; a real phone may take the part before the fault (D27).",
        fact=shows.file_unreadable(FileRole.CONFIGURATION),
    ),
    KnownLine(
        messages.CONTACTS_NOT_READABLE,
        "The phone keeps the contacts that it had.",
        fact=shows.file_unreadable(FileRole.DIRECTORY),
    ),
    KnownLine(
        messages.CONFIG_FILES_TOO_LONG,
        "A part of the list was left out.",
        fact=shows.always(Condition.FILES_IGNORED),
    ),
    KnownLine(
        messages.PARAMETERS_INSTEAD_OF_MASTER,
        "No file lists other files for this phone: it has the overrides, and below them the parameters of this file.",
        remedy="If CONFIG_FILES was meant to name files, put them into an APPLICATION element (D19).",
    ),
    KnownLine(
        messages.IGNORED_IN_MASTER,
        "A master configuration file lists files; its parameters are not in force.",
        fact=shows.always(Condition.FILES_IGNORED),
    ),
    KnownLine(
        messages.PRE_3_3_PARAMETERS,
        "The file is written for firmware before 3.3.0, which named features by number.",
        fact=shows.always(Condition.OTHER_FIRMWARE),
    ),
    KnownLine(
        messages.LATER_PARAMETERS,
        "The file is written for UC Software 3.3.0 or later, which names features by parameters of their own.",
        fact=shows.always(Condition.OTHER_FIRMWARE),
    ),
    KnownLine(messages.NOT_PERFORMED, "A real phone can use the value; a phone here uses another one."),
    KnownLine(
        messages.BAD_PARAMETER,
        "The value cannot be used; the line names the file, and the value used instead.",
        fact=shows.parameter_unused,
    ),
    KnownLine(
        messages.NOT_ON_THIS_MODEL, "The model does not have this feature (B3).", fact=shows.feature_not_on_model
    ),
    KnownLine(
        messages.FILE_NOT_FOUND, "The boot server does not have this file, which is normal.", fact=shows.file_missing
    ),
    KnownLine(messages.DOWNLOAD_FAILED, "The phone asked for the file, and it did not come.", fact=shows.file_failed),
    KnownLine(
        messages.FILE_LEFT_OUT,
        "The boot server gave no answer before in this boot, so the phone does not wait for it again.",
    ),
    KnownLine(messages.BOOT_ROM_STARTED, "The boot ROM has started, which opens the firmware image before all else."),
    KnownLine(messages.NO_IMAGE_NAMED, "The boot ROM looks for no image and starts the firmware that it has."),
    KnownLine(
        messages.IMAGE_NOT_USABLE,
        "The boot ROM could not fetch the firmware image, or what it got is not a firmware image.",
        remedy="Put the image where APP_FILE_PATH says, for UC Software with the part number before its name.",
    ),
    KnownLine(messages.IMAGE_OPENED, "The image is that of the firmware in flash, so the rest of it is not read."),
    KnownLine(messages.IMAGE_READ, "Another version was in flash, so the whole image was read."),
    KnownLine(messages.FIRMWARE_KEPT, "The firmware in flash starts, since no image could be had."),
    KnownLine(
        messages.UPLOAD_FAILED,
        "The boot server did not take a file with what was changed on the phone, which stays in the phone alone.",
        remedy="Make the folder that the master configuration file names, let phones write to it, and allow uploads.",
    ),
    KnownLine(
        messages.LOG_UPLOAD_LEFT_OUT,
        "The boot server gave no answer in this boot; the lines are sent with the next upload.",
    ),
    KnownLine(
        messages.FLASH_DAMAGED, "The phone continues as with blank flash.", fact=shows.always(Condition.FLASH_LOST)
    ),
    KnownLine(
        messages.FLASH_UNREADABLE,
        "The phone continues as with blank flash, and writes nothing to it.",
        fact=shows.always(Condition.FLASH_LOST),
    ),
    KnownLine(
        messages.FLASH_KEY_NOT_VALID,
        "Keys in flash do not verify: they were tampered with, or the phone's trust anchor changed.",
        fact=shows.always(Condition.FLASH_KEYS_REFUSED),
    ),
    KnownLine(
        messages.FLASH_WRITE_FAILED,
        "What the phone learned is lost at the next boot.",
        remedy="Check the space and the permissions of the folder that holds the phone's flash (--state-dir).",
    ),
    KnownLine(
        messages.FIRMWARE_TOO_OLD,
        "Licensed features stay off in this firmware (B2).",
        fact=shows.always(Condition.FIRMWARE_TOO_OLD),
    ),
    KnownLine(messages.NOT_AN_ACTIVATION_FILE, "What came is not an activation file.", fact=shows.file_unreadable()),
    KnownLine(
        messages.TOO_MANY_KEYS,
        "The rest of the keys was not looked at.",
        remedy="Make an activation file with fewer keys for one phone.",
    ),
    KnownLine(messages.NO_KEY_FOR_PHONE, "The file is in order, but not for this phone.", fact=shows.no_key_for_phone),
    KnownLine(messages.KEY_MALFORMED, "The key does not count: its form is wrong.", fact=shows.refused(Objection.FORM)),
    KnownLine(messages.LICENSE_EXPIRED, "The keys are genuine, and have expired.", fact=shows.expired),
    KnownLine(
        messages.FEATURE_EXPIRED,
        "The daily check found that a license in use has expired; the phone reboots to remove the feature (B12).",
        fact=shows.feature_expired,
    ),
    KnownLine(messages.WAITING_FOR_IDLE, "Active calls are not interrupted (B12).", suggests=(causes.EXPIRED,)),
    KnownLine(messages.CORPORATE_DIRECTORY_BOUND, "The Corporate Directory is licensed, and its server took the bind."),
    KnownLine(
        messages.CORPORATE_DIRECTORY_BIND_FAILED,
        "The Corporate Directory is licensed, but its server could not be used.",
        fact=shows.always(Condition.DIRECTORY_SERVER),
    ),
    KnownLine(messages.CORPORATE_DIRECTORY_SEARCHED, "The Corporate Directory's server answered a search."),
    KnownLine(
        messages.CORPORATE_DIRECTORY_SEARCH_FAILED,
        "A search of the Corporate Directory failed.",
        fact=shows.always(Condition.DIRECTORY_SERVER),
    ),
    *OBSERVED_LINES,
)
"""All known lines; a line of a log is the first of them that it matches."""
