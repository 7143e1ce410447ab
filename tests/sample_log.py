"""The sample log of the bulletin (B14), as it prints it: one blank behind each component."""

SAMPLE_LOG = """\
0101070000|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank
0101070000|lic |*|03|License: new key for UsbAudio expiry THU JAN 01 06:59:58 1970 added
0101070000|lic |*|03|License: new key for NwayConference expiry THU JAN 01 06:59:58 1970 added
0101070000|lic |*|03|License: new key for LDAP expiry THU JAN 01 06:59:58 1970 added
0101070000|lic |*|03|License: new key for VoiceQualityMetrics expiry THU JAN 01 06:59:58 1970 added
0101070000|lic |*|03|License: new key for Unknown expiry THU JAN 01 06:59:58 1970 added
0101070000|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid
0101070000|lic |4|03|cfgCfsKeysUpdateLicenseParse: Phone license is not valid
0101070000|lic |3|03|cfgCfsKeysUpdate: 0 keys updated
0101070000|lic |4|03|License: feature LDAP is not available
0101070000|ldap |*|03|Initial log entry. Current logging level 4
0101070000|ldap |4|03|ldap: Not Licensed
0101070000|ldap |4|03|cDynamicData::cDynamicData:cDynamicData:Failed
0101070000|efk |*|03|Initial log entry. Current logging level 4
"""
