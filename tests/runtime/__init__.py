"""Tests of the runtime room: over real sockets and files, with servers that are broken or mean harm."""
