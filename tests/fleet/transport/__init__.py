"""The fleet's transports."""
