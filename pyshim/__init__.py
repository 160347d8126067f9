"""The Python side of the engine: the only place that knows pip's internals.

The engine (C, embeds CPython) imports `pyshim.entry` once and calls its functions, all but
`find_pip` and `preload` in freshly forked children. The wire format is docs/engine-protocol.md.
"""
