"""Which cause a fact shows. A fact that is normal in a phone's life, such as a missing override file, shows none."""

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureExpired,
    FeatureNotOnModel,
    FeatureSwitchedOff,
    FileRole,
    FileTrouble,
    LicenseRefused,
    NoConfiguration,
    Objection,
    ParameterUnused,
    Trouble,
)

_OF_TROUBLE = {
    Trouble.LOGIN: causes.LOGIN,
    Trouble.FORBIDDEN: causes.PERMISSIONS,
    Trouble.SERVER_ERROR: causes.SERVER_ERROR,
    Trouble.REJECTED: causes.REJECTED,
    Trouble.UNREACHABLE: causes.NO_ROUTE,
    Trouble.CONNECTION_REFUSED: causes.CONNECTION_REFUSED,
    Trouble.NAME_NOT_FOUND: causes.SERVER_NAME,
    Trouble.NO_ANSWER: causes.NO_ANSWER,
    Trouble.CERTIFICATE: causes.CERTIFICATE,
    Trouble.TLS: causes.TLS,
    Trouble.BROKEN_OFF: causes.BROKEN_OFF,
    Trouble.TOO_LARGE: causes.TOO_LARGE,
    Trouble.REDIRECTS: causes.REDIRECTS,
    Trouble.NOT_THE_PROTOCOL: causes.NOT_THE_PROTOCOL,
    Trouble.ADDRESS: causes.ADDRESS,
    Trouble.WEB_PAGE: causes.WEB_PAGE,
    Trouble.PACKED: causes.PACKED,
    Trouble.NOT_SAID: causes.TRANSFER_FAILED,
}
_MISSING = {
    FileRole.MASTER: causes.NO_MASTER,
    FileRole.CONFIGURATION: causes.CONFIGURATION_MISSING,
    FileRole.SITE_LICENSE: causes.NO_FILE,
    FileRole.OWN_LICENSE: causes.NO_FILE,
}
_OF_OBJECTION = {
    Objection.VENDOR_KEY: causes.VENDOR_KEY,
    Objection.SIGNATURE: causes.SIGNATURE,
    Objection.FORM: causes.MALFORMED_KEY,
    Objection.OTHER_PHONE: causes.OTHER_PHONES,
    Objection.EXPIRED: causes.EXPIRED,
}
_OF_CONDITION = {
    Condition.FLASH_LOST: causes.FLASH,
    Condition.FLASH_KEYS_REFUSED: causes.SIGNATURE,
    Condition.FIRMWARE_TOO_OLD: causes.FIRMWARE,
    Condition.NO_BOOT_SERVER: causes.NO_BOOT_SERVER,
    Condition.NO_TIME: causes.NO_TIME,
    Condition.TIME_NOT_FOLLOWED: causes.TIME_SERVER,
    Condition.FILES_IGNORED: causes.CONFIGURATION,
    Condition.OTHER_FIRMWARE: causes.OTHER_FIRMWARE,
    Condition.DIRECTORY_SERVER: causes.CORPORATE_DIRECTORY_SERVER,
    Condition.LOG_NOT_UPLOADED: causes.LOG_UPLOAD,
    Condition.RESOURCE_MISSING: causes.RESOURCE,
    Condition.TLS_VERSION: causes.TLS,
    Condition.SERVER_ADDRESS: causes.ADDRESS,
    Condition.NETWORK_SWITCH: causes.NETWORK_SWITCH,
}


def cause_of(fact: Fact) -> Cause | None:
    """The cause that a fact shows by itself; None for one that is no complaint, or whose reason is another fact."""
    match fact:
        case FileTrouble():
            return _cause_of_file(fact)
        case NoConfiguration():
            return causes.NO_CONFIGURATION
        case LicenseRefused(objection=objection):
            return _OF_OBJECTION[objection]
        case FeatureExpired():
            return causes.EXPIRED
        case FeatureNotOnModel():
            return causes.NOT_ON_MODEL
        case FeatureSwitchedOff():
            return causes.SWITCHED_OFF
        case ParameterUnused():
            return causes.CONFIGURATION
        case Condition():
            return _OF_CONDITION.get(fact)
    return None


def _cause_of_file(fact: FileTrouble) -> Cause | None:
    if fact.role is FileRole.LOG:
        return None if fact.trouble is Trouble.MISSING else causes.LOG_UPLOAD
    if fact.trouble is Trouble.MISSING:
        return _MISSING.get(fact.role)
    if fact.trouble is Trouble.NOT_SAID and fact.role is FileRole.MASTER:
        return causes.NO_CONFIGURATION
    if fact.trouble is Trouble.UNREADABLE:
        if fact.role is FileRole.DIRECTORY:
            return causes.CONTACTS
        return causes.NOT_A_FILE if fact.role.is_license else causes.CONFIGURATION
    return _OF_TROUBLE[fact.trouble]
