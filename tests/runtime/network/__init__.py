"""Tests of what a phone speaks besides its boot server: time, syslog, directory, DHCP."""
