# mypy: ignore-errors
"""What a build can see of the world around it, one function an axis. Runs inside the build."""

import hashlib
import os
import sys

MARK = "perturb-neighbour-was-here"


def umask():
    os.mkdir("made-directory")
    with open("made-file", "w", encoding="ascii"):
        pass
    return [oct(os.stat(name).st_mode) for name in ("made-directory", "made-file")]


def user():
    import getpass
    import pwd

    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = "nobody we know"
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = "nobody we know"
    return [os.getuid(), os.getgid(), os.stat(".").st_uid, name, login]


def home():
    names = ("HOME", "CARGO_HOME", "RUSTUP_HOME", "XDG_CACHE_HOME")
    return [os.path.expanduser("~")] + [os.environ.get(name) for name in names]


def tmpdir():
    import tempfile

    return [tempfile.gettempdir(), os.environ.get("TMPDIR"), os.environ.get("TEMP")]


def cwd():
    return [os.environ.get("PWD"), os.environ.get("OLDPWD")]


def location():
    return [os.getcwd(), os.path.abspath(__file__)]


def checkout_umask():
    return [oct(os.stat(name).st_mode) for name in ("axis.txt", "deep", "deep/deeper")]


def unpack_time():
    return [os.stat(name).st_mtime_ns for name in ("deep", "deep/deeper")]


def build_path():
    return [os.getcwd(), _compiled()]


def _compiled():
    """An object file with debug information and __FILE__, where there is a compiler."""
    import shutil
    import subprocess

    if not shutil.which("cc"):
        return "no compiler"
    with open("where.c", "w", encoding="ascii") as out:
        out.write("const char *where = __FILE__;\n")
    subprocess.check_call(["cc", "-g", "-c", os.path.abspath("where.c"), "-o", "where.o"])
    with open("where.o", "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def compiler():
    """What the compiler named by CC makes of five files; then what PERTURB_AFTER wants to know."""
    import shlex
    import subprocess

    made = []
    for number in range(5):
        source, target = os.path.abspath("f%d.c" % number), "f%d.o" % number
        with open(source, "w", encoding="ascii") as out:
            out.write("const char *where%d(void) { return __FILE__; }\n" % number)
        command = shlex.split(os.environ.get("CC", "cc"))
        subprocess.check_call(command + ["-g", "-O1", "-c", source, "-o", target])
        with open(target, "rb") as stream:
            made.append(hashlib.sha256(stream.read()).hexdigest())
    subprocess.call(os.environ.get("PERTURB_AFTER", ":"), shell=True)
    return made


def random_names():
    import random
    import tempfile
    import uuid

    made = tempfile.mkdtemp(prefix="backend-")
    handle, path = tempfile.mkstemp()
    os.close(handle)
    return [os.path.basename(made), os.path.basename(path), uuid.uuid4().hex, random.random()]


def hash_seed():
    return list({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"})


def host():
    import platform
    import socket
    import subprocess

    name = subprocess.check_output(["uname", "-n"]).decode()
    return [socket.gethostname(), platform.node(), os.uname().nodename, name]


def timezone():
    import time

    return [list(time.localtime(0)), time.tzname, os.environ.get("TZ")]


def locale():
    import locale as module

    try:
        chosen = module.setlocale(module.LC_ALL, "")
    except module.Error as error:
        chosen = str(error)
    point = module.localeconv()["decimal_point"]
    module.setlocale(module.LC_ALL, "C")
    names = ("LANG", "LC_ALL", "LC_CTYPE", "LANGUAGE")
    return [chosen, point] + [os.environ.get(name) for name in names]


def clock():
    """As careful generators do it: SOURCE_DATE_EPOCH, and the clock where there is none."""
    import time

    stamp = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return [time.strftime("%Y-%m", time.gmtime(stamp)), _compiled_date()]


def _compiled_date():
    import shutil
    import subprocess

    if not shutil.which("cc"):
        return "no compiler"
    text = subprocess.run(
        ["cc", "-E", "-P", "-"], input=b"__DATE__\n", stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    return text.split()[0], text.split()[-1]


def wall_clock():
    import datetime
    import gzip
    import io
    import subprocess
    import time

    header = io.BytesIO()
    with gzip.GzipFile(fileobj=header, mode="wb"):
        pass
    date = subprocess.check_output(["date", "+%s %N"]).decode()
    return [time.time(), str(datetime.datetime.now()), header.getvalue(), date]


def file_times():
    """In steps of 10 ms: what is below is not settled."""
    with open("made-file", "w", encoding="ascii"):
        pass
    return os.stat("made-file").st_mtime_ns // 10**7


def tar_archives():
    import io
    import tarfile

    with open("made-file", "w", encoding="ascii"):
        pass
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add("made-file", filter=_without_owner)
    return hashlib.sha256(written.getvalue()).hexdigest()


def _without_owner(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def random_numbers():
    import subprocess

    with open("/proc/sys/kernel/random/uuid", encoding="ascii") as stream:
        uuid = stream.read()
    device = subprocess.check_output(["head", "-c", "8", "/dev/urandom"])
    return [os.urandom(8), device, uuid]


def uptime():
    with open("/proc/uptime", encoding="ascii") as stream:
        return stream.read()


def environment():
    names = ("PERTURB_JUNK", "EDITOR", "MAIL", "LS_COLORS", "PYTHONWARNINGS", "SSH_AUTH_SOCK")
    return [(name, os.environ.get(name)) for name in names]


def path_order():
    import subprocess

    try:
        return subprocess.check_output(["perturb-tool"]).decode()
    except OSError:
        return "no tool"


def _forty_files(directory):
    os.mkdir(directory)
    for number in range(40):
        with open(os.path.join(directory, "f{:02}".format(number * 7 % 40)), "w"):
            pass


def directory_order():
    import glob
    import pathlib

    _forty_files("many")
    with os.scandir("many") as entries:
        scanned = [entry.name for entry in entries]
    walked = [names for _, _, names in os.walk("many")]
    globbed = glob.glob("many/*")
    paths = [str(path) for path in pathlib.Path("many").iterdir()]
    return [os.listdir("many"), scanned, walked, globbed, paths]


def work_filesystem():
    _forty_files("many")
    return os.listdir("many")


def processors():
    import multiprocessing

    return [os.cpu_count(), len(os.sched_getaffinity(0)), multiprocessing.cpu_count()]


def processors_of_programs():
    """As shell scripts and Makefiles ask: make -j$(nproc)."""
    import subprocess

    try:
        return subprocess.check_output(["nproc"]).decode()
    except OSError:
        return "no nproc"


def limits():
    import resource

    soft = [resource.getrlimit(name)[0] for name in (resource.RLIMIT_STACK, resource.RLIMIT_NOFILE)]
    return [*soft, os.sysconf("SC_ARG_MAX")]


def addresses():
    """Where a started interpreter puts an object: what address-space randomisation varies."""
    import subprocess

    program = "print(id([]), id(object()))"
    return subprocess.check_output([sys.executable, "-I", "-S", "-c", program]).decode()


def compiler_cache():
    """As meson looks for one, and as a shell does."""
    import shutil
    import subprocess

    names = ("ccache", "sccache")
    said = [subprocess.call("command -v %s" % name, shell=True) for name in names]
    return [shutil.which(name) for name in names] + said


def jobs():
    names = (
        "MAKEFLAGS",
        "CMAKE_BUILD_PARALLEL_LEVEL",
        "MAX_JOBS",
        "NINJAFLAGS",
        "CARGO_BUILD_JOBS",
    )
    return [os.environ.get(name) for name in names]


def _common_ground():
    import tempfile

    return [os.path.expanduser("~"), tempfile.gettempdir(), "/tmp", "/dev/shm", "/var/tmp"]


def neighbour():
    """The bad neighbour: leaves a mark wherever two builds may meet."""
    for place in _common_ground():
        try:
            with open(os.path.join(place, MARK), "w", encoding="ascii"):
                pass
        except OSError:
            pass
    return "a bad neighbour"


def neighbours():
    return [os.path.exists(os.path.join(place, MARK)) for place in _common_ground()]


def mode():
    import tempfile

    return [os.getcwd(), tempfile.gettempdir(), os.path.expanduser("~")]


def _left_by_an_earlier_build(place):
    os.makedirs(place, exist_ok=True)
    left = sorted(os.listdir(place))
    with open(os.path.join(place, "object"), "w", encoding="ascii"):
        pass
    return left


def caches():
    """What an earlier build of the same thing left in the user's cache."""
    return _left_by_an_earlier_build(os.path.expanduser("~/.cache/perturb"))


def slots():
    return [processors(), jobs()]


def store_wheels():
    """Another one at each build, unless the names are fixed."""
    return random_names()


def store_environments():
    """Not in ~/.cache: the store has made that, for its user alone."""
    return _left_by_an_earlier_build(os.path.expanduser("~/perturb"))


def zlib():
    """Long enough that two compressors disagree; the backend deflates it."""
    return [hashlib.sha256(str(number // 3).encode()).hexdigest()[:9] for number in range(2000)]


def pip_version():
    """The front end's hook runner, as far as the hook can see it."""
    text = b"none"
    if sys.argv[:1] and os.path.isfile(sys.argv[0]):
        with open(sys.argv[0], "rb") as stream:
            text = stream.read()
    names = sorted(name for name in os.environ if "BUILD_BACKEND" in name or "BACKEND_PATH" in name)
    return [hashlib.sha256(text).hexdigest(), names, os.environ.get("PEP517_RUNNER")]


def capture(axis):
    return globals()[axis]()
