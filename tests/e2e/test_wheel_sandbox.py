"""What a build can see, reach and harm."""

import os
import socket
import subprocess
import threading
import zipfile
from pathlib import Path
from typing import Iterator, List

import pytest

from fixtures import launch, process, samples
from fixtures.places import world_readable
from fixtures.probes import failed, probe
from fixtures.runner import Truewheel, World
from fixtures.runs import in_given_mode
from fixtures.sdist import Sdist, write_all

pytestmark = pytest.mark.usefixtures("needs_namespaces")


def test_secrets_of_the_home_are_hidden(truewheel: Truewheel, links: Path) -> None:
    secret = truewheel.world.home / ".netrc"
    secret.write_text("password geheim")
    found = probe(
        truewheel,
        links,
        {
            "read": f"open({str(secret)!r}).read()",
            "list": f"os.listdir({str(truewheel.world.home)!r})",
            "expand": "open(os.path.expanduser('~/.netrc')).read()",
            "root": "open('/root/.ssh/id_rsa').read()",
            "shadow": "open('/etc/shadow').read()",
        },
    )
    seen = [name for name, answer in found.items() if not failed(answer) and len(answer) > 2]
    assert not seen, found


def test_secrets_of_the_environment_are_hidden(truewheel: Truewheel, links: Path) -> None:
    env = {"SSH_AUTH_SOCK": "/x", "AWS_SECRET_ACCESS_KEY": "geheim", "PIP_PASSWORD": "geheim"}
    env["GITHUB_TOKEN"] = "geheim"
    (truewheel.world.base / "outer").mkdir()
    truewheel.world.environment(env)
    code = {
        "own": "[name for name, value in os.environ.items() if 'geheim' in value or 'SSH' in name]",
        "others": "[name for name in glob.glob('/proc/[0-9]*/environ') if b'geheim' in read(name)]",
    }
    assert probe(truewheel, links, code, env=env) == {"own": "[]", "others": "[]"}


def test_the_run_itself_cannot_be_read(
    truewheel: Truewheel, links: Path, nobody: List[str], open_tmp: Path
) -> None:
    """
    In locked mode a build is a process of the user's like any other; yet driver, engine and
    supervisor, who have the password of an index in their environment, do not let it look.
    """
    base = world_readable(open_tmp)
    base.chmod(0o1777)
    world = World(base / "world")
    subprocess.run(["chown", "-R", str(launch.NOBODY), str(world.base)], check=True)
    look = (
        "seen, pid, libc = [], os.getppid(), ctypes.CDLL(None)\n"
        "while pid > 1:\n"
        "    status = open('/proc/%d/status' % pid).read()\n"
        "    name = status.split()[1]\n"
        "    try:\n"
        "        if b'gehe' + b'im' in open('/proc/%d/environ' % pid, 'rb').read():\n"
        "            seen.append(name)\n"
        "    except OSError:\n"
        "        pass\n"
        "    seize, detach = 0x4206, 17\n"
        "    if 'truewheel' in name and libc.ptrace(seize, pid, 0, 0) == 0:\n"
        "        seen.append('traced ' + name)\n"
        "        libc.ptrace(detach, pid, 0, 0)\n"
        "    pid = int(status.split('PPid:')[1].split()[0])\n"
        "open(spec()['package'] + '/seen.py', 'w').write(repr(seen))"
    )
    sdist = samples.hooked("looking-one", "build_wheel", look)
    sdist.backend = "import ctypes, os\n" + sdist.backend
    chosen = in_given_mode(truewheel, "locked", base / "R")
    chosen.links = world_readable(sdist.write(base / "links").parent)
    env = {"PIP_INDEX_URL": "https://user:geheim@127.0.0.1:9/", "PIP_NO_INDEX": "1"}

    def seen(**more: str) -> str:
        arguments = ["--no-cache", "looking-one"]
        result = chosen.wheel(*arguments, prefix=nobody, world=world, env={**env, **more})
        with zipfile.ZipFile(result.wheels / result.names[0]) as archive:
            return archive.read("looking_one/seen.py").decode()

    assert seen() == "[]"
    shown = seen(TRUEWHEEL_TEST_GUARDS_OFF="private")
    assert "'truewheel'" in shown and "'traced truewheel-engi" in shown, shown


def test_other_temporary_files_are_hidden(truewheel: Truewheel, links: Path) -> None:
    found = probe(
        truewheel,
        links,
        {
            "tmp": "sorted(os.listdir('/tmp'))",
            "links": f"os.listdir({str(links)!r})",
            "processes": "len([name for name in os.listdir('/proc') if name.isdigit()]) < 10",
            "host": "socket.gethostname() != " + repr(socket.gethostname()),
        },
    )
    assert found["tmp"] == "['truewheel']"
    assert failed(found["links"])
    assert found["processes"] == "True" and found["host"] == "True"


def test_nothing_outside_can_be_written(truewheel: Truewheel, links: Path, open_tmp: Path) -> None:
    open_tmp.chmod(0o777)
    targets = [
        "/usr/truewheel-was-here",
        "/etc/truewheel-was-here",
        f"{open_tmp}/truewheel-was-here",
    ]
    targets += [
        f"{truewheel.world.cwd}/here",
        f"{links}/here",
        "/var/tmp/truewheel-was-here",
        "/here",
    ]
    targets += ["/dev/shm/truewheel-was-here", "/proc/sys/kernel/hostname"]
    expressions = {path: f"open({path!r}, 'w').write('x')" for path in targets}
    expressions["chmod"] = "os.chmod('/etc/passwd', 0o666)"
    expressions["interpreter"] = "open(os.__file__, 'a').write('')"
    expressions["environment"] = "open(sys.prefix + '/pyvenv.cfg', 'a').write('')"
    found = probe(truewheel, links, expressions)
    assert not [path for path in targets if os.path.lexists(path) and "here" in path]
    private = ("/var/tmp", "/dev/shm")  # may be there, as a place of the build's own
    for name, answer in found.items():
        assert failed(answer) or name.startswith((*private, str(open_tmp), "/tmp")), (name, answer)


def test_no_way_to_more_rights(truewheel: Truewheel, links: Path) -> None:
    libc = "ctypes.CDLL(None, use_errno=True)"
    status = "[line.split()[1] for line in open('/proc/self/status') if line.startswith('{}')][0]"
    found = probe(
        truewheel,
        links,
        {
            "setuid": "os.setuid(0)",
            "mount": f"{libc}.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
            "umount": f"{libc}.umount2(os.getcwd().encode(), 2)",
            "chroot": "os.chroot('/')",
            "kill init": "os.kill(1, signal.SIGKILL)",
            "uid": "os.getuid()",
            "capabilities": status.format("CapEff"),
            "no new privileges": status.format("NoNewPrivs"),
            "ptrace": f"{libc}.ptrace(16, 1, 0, 0)",
            "mknod": "os.mknod('disk', 0o60600, os.makedev(8, 0))",
        },
    )
    assert failed(found["setuid"]) and failed(found["chroot"]) and failed(found["mknod"])
    assert found["mount"] == "-1" and found["umount"] == "-1" and found["ptrace"] == "-1"
    assert found["uid"] == "1000"
    assert int(found["capabilities"].strip("'"), 16) == 0
    assert found["no new privileges"] == "'1'"


def test_calls_that_no_build_needs(in_mode: Truewheel, links: Path) -> None:
    """They fail as in a kernel that lacks them. The host listens on sockets of odd families."""
    libc = "ctypes.CDLL(None, use_errno=True)"
    found = probe(
        in_mode,
        links,
        {
            "vsock": "socket.socket(socket.AF_VSOCK)",
            "packet": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
            "alg": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
            "user namespace": f"{libc}.unshare(0x10000000)",
            "usual": "[socket.socket(f).close() for f in (socket.AF_UNIX, socket.AF_INET)]",
            "pair": "socket.socketpair()[0].close()",
            "filter": "[line for line in open('/proc/self/status') if line.startswith('Seccomp:')]",
        },
    )
    for name in ("vsock", "packet", "alg"):
        assert "Address family not supported" in found[name], found
    assert found["user namespace"] == "-1"
    assert found["usual"] == "[None, None]" and found["pair"] == "None"
    assert found["filter"] == "['Seccomp:\\t2\\n']"


def test_killing_the_parent_is_a_failed_build(truewheel: Truewheel, links: Path) -> None:
    """In a pid namespace the parent is the build's own: no other process can be hit."""
    body = (
        "inside = os.getpid() < 100 or os.getppid() <= 1\n"
        "print('about to kill', os.getppid())\n"
        "if inside: os.kill(os.getppid(), signal.SIGKILL)"
    )
    write_all(links, samples.hooked("killer-one", "build_wheel", body), samples.pure())
    result = truewheel.start_wheel("--keep-going", "killer-one", "pure-one").finish(60)
    assert result.code in (0, 1, 6)
    assert "pure_one-1.0-py3-none-any.whl" in result.names
    assert not process.wait_all_gone(truewheel.world.mark, 20)


@pytest.fixture
def listener() -> Iterator["tuple[int, List[bytes]]"]:
    """A server on this machine's loopback: (port, what it was told)."""
    heard: List[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(100))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


CONNECT = "with socket.create_connection(('127.0.0.1', {port}), 5) as s: s.sendall(b'from a build')"


def connecting(port: int, name: str = "caller-one") -> Sdist:
    body = "import socket\n" + CONNECT.format(port=port)
    return samples.hooked(name, "build_wheel", body)


def test_no_network(truewheel: Truewheel, links: Path, listener: "tuple[int, List[bytes]]") -> None:
    port, heard = listener
    connecting(port).write(links)
    truewheel.wheel("caller-one", code=1)
    assert not heard


@pytest.mark.parametrize(
    "body",
    [
        "import socket\nsocket.create_connection(('192.0.2.1', 80), 5)",
        "import urllib.request\nurllib.request.urlopen('http://example.org/')",
        "subprocess.run(['git', 'ls-remote', 'https://example.org/x.git'], check=True)",
    ],
)
def test_no_network_is_explained(truewheel: Truewheel, links: Path, body: str) -> None:
    """The hint names the option that allows it."""
    samples.hooked("caller-one", "build_wheel", body).write(links)
    result = truewheel.wheel("caller-one", code=1)
    assert "--allow-network caller-one" in result.err, result.text


def test_no_network_in_other_hooks(
    truewheel: Truewheel, links: Path, listener: "tuple[int, List[bytes]]"
) -> None:
    port, heard = listener
    body = "import socket\n" + CONNECT.format(port=port)
    for hook in ("get_requires_for_build_wheel", "prepare_metadata_for_build_wheel"):
        samples.hooked("caller-one", hook, body).write(links)
        truewheel.wheel("caller-one", code=1)
    assert not heard


def test_allow_network(
    truewheel: Truewheel, links: Path, listener: "tuple[int, List[bytes]]"
) -> None:
    """The build that is named has the network, and no other."""
    port, heard = listener
    write_all(links, connecting(port, "Caller.One"), connecting(port, "other-one"))
    assert truewheel.wheel("--allow-network", "caller_one", "caller-one").names
    assert heard == [b"from a build"]
    truewheel.wheel("--allow-network", "caller-one", "other-one", code=1)
    assert len(heard) == 1


def test_abstract_and_unix_sockets_are_out_of_reach(truewheel: Truewheel, links: Path) -> None:
    name = f"\0truewheel-test-{truewheel.world.mark}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        found = probe(
            truewheel, links, {"abstract": f"socket.socket(socket.AF_UNIX).connect({name!r})"}
        )
    assert failed(found["abstract"])


def test_loopback_works_inside(truewheel: Truewheel, links: Path) -> None:
    expression = "socket.create_server(('127.0.0.1', 0)).getsockname()[0]"
    assert probe(truewheel, links, {"inside": expression})["inside"] == "'127.0.0.1'"


def test_bind_shows_a_path(truewheel: Truewheel, links: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "file").write_text("content")
    for one in (tmp_path, shown, shown / "file"):
        one.chmod(0o755)
    expressions = {
        "read": f"open({str(shown / 'file')!r}).read()",
        "write": f"open({str(shown / 'other')!r}, 'w')",
    }
    hidden = probe(truewheel, links, expressions)
    assert failed(hidden["read"])
    found = probe(truewheel, links, expressions, "--bind", shown)
    assert found["read"] == "'content'" and failed(found["write"])


def test_missing_bind_is_refused(truewheel: Truewheel, links: Path) -> None:
    samples.pure().write(links)
    result = truewheel.wheel("--bind", "/not/there", "pure-one", code=None)
    assert result.code in (2, 3) and len(result.errors) == 1 and "/not/there" in result.errors[0]


def test_builds_cannot_disturb_each_other(
    truewheel: Truewheel, links: Path, build_root: Path
) -> None:
    """
    A build does not see a neighbour's directory, nor may it change the environment they share.
    """
    found = probe(
        in_given_mode(truewheel, "namespaces", build_root),
        links,
        {
            "jobs": f"[name for name in os.listdir({str(build_root)!r}) if name != 'env']",
            "write": f"open({str(build_root)!r} + '/planted', 'w')",
        },
    )
    assert found["jobs"] == "['probe-one-1.0']"
    assert failed(found["write"])


def test_fork_bomb_of_files_ends(truewheel: Truewheel, links: Path) -> None:
    """Hundreds of children, each with its own session, are gone when the build is."""
    body = (
        "for number in range(200):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        signal.pause()\n"
        "        os._exit(0)"
    )
    samples.hooked("many-one", "build_wheel", body).write(links)
    result = truewheel.start_wheel("many-one").finish(60)
    assert result.code == 0
    assert not process.wait_all_gone(truewheel.world.mark, 20)
