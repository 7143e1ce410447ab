"""The runtime performs what the firmware asks for.

Here are the driver that runs a flow and sends it the replies, the clocks, the schedulers that wake a phone, the
transports to a boot server, the flash and the log on disk, and the files of models and features. Licensing is decided
elsewhere.
"""
