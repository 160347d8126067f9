"""How many build environments are filled at once, and that none waits for another for ever."""

import threading
from pathlib import Path
from typing import List

from fixtures import index, process, samples
from fixtures.runner import Running, Truewheel
from fixtures.sdist import Sdist, wheel_names, write_all


class Gate:
    """Holds requests back until so many are there at once, and counts jobs at each of them."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.waiting = wanted, 0
        self.run: "Running | None" = None
        self.counts: List[int] = []
        self.changed = threading.Condition()

    def pass_through(self) -> None:
        with self.changed:
            self.waiting += 1
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.waiting >= self.wanted, 60)
            assert self.run is not None
            self.counts.append(count_jobs(self.run))


class Handler(index.Handler):
    gate: Gate

    def do_GET(self) -> None:
        if self.path == "/simple/tool/":
            self.gate.pass_through()
        super().do_GET()


def count_jobs(run: Running) -> int:
    """The children of the engine: one for each resolver, installer and build."""
    marked = process.marked(run.world.mark)
    engines = [pid for pid in marked if process.parent(pid) == run.pid]
    return sum(process.parent(pid) in engines for pid in marked)


def static(name: str, *build_requires: str) -> Sdist:
    """The resolver need not ask the build."""
    return Sdist(name, build_requires=build_requires, metadata_version="2.2")


def test_few_resolvers_at_once(truewheel: Truewheel, tmp_path: Path) -> None:
    """Thirty different sets of build requirements with -j 2: four are looked at, then the next."""
    sets, jobs, more = 30, 2, 2
    there = index.Index(tmp_path / "index")
    there.add(samples.write_wheel(tmp_path, "tool"))
    names = [f"many-{number}" for number in range(sets)]
    for number, name in enumerate(names):
        there.add(static(name, f"tool>0.{number}").write(tmp_path))
    gate = Gate(jobs + more)
    with index.Server(there.root, type("Held", (Handler,), {"gate": gate})) as server:
        with gate.changed:
            out = truewheel.world.wheels
            arguments = ["-i", f"{server.url}simple/", "-j", jobs, "-w", out, *names]
            gate.run = truewheel.start("wheel", *arguments)
        assert gate.run.finish().code == 0, gate.run.read(1)
    assert len(wheel_names(out)) == sets
    assert len(gate.counts) == sets
    user_resolver = 1
    assert max(gate.counts) <= user_resolver + jobs + more + jobs, gate.counts


def test_chains_of_sdists_end(in_mode: Truewheel, links: Path) -> None:
    """Five times four sdists that each build with the next one: more than there are places."""
    depth, chains = 4, 5
    for chain in range(chains):
        for level in range(depth):
            last = level == depth - 1
            needs = [] if last else [f"chain-{chain}-{level + 1}"]
            Sdist(f"chain-{chain}-{level}", build_requires=needs).write(links)
    result = in_mode.wheel("-j", "1", *(f"chain-{chain}-0" for chain in range(chains)))
    assert len(result.names) == chains


def test_a_hub_of_sdists_ends(truewheel: Truewheel, links: Path) -> None:
    """One environment of many sdists, each with an environment of its own."""
    hub = [f"spoke-{number}" for number in range(6)]
    samples.write_wheel(links, "tool")
    users = [Sdist(name, build_requires=[f"tool>0.{i}"]) for i, name in enumerate(hub)]
    write_all(links, Sdist("hub-one", build_requires=hub), *users)
    assert truewheel.wheel("-j", "1", "hub-one").names == ["hub_one-1.0-py3-none-any.whl"]
