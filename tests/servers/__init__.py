"""Fake servers: real HTTP on a free loopback port, as true to the wire as the recordings in tests/wire."""
