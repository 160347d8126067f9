"""The Python side of the engine, and the only place that knows pip's internals.

The engine (C, embeds CPython) imports `pyshim.entry` once and calls its functions; all but
`find_pip` and `preload` run in freshly forked children. docs/engine-protocol.md describes what they
send and receive. The files in guest/ run in builds, without the rest of this package.
"""
