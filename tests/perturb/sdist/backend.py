# mypy: ignore-errors
"""A build backend without requirements: the wheel holds what ``captures.py`` saw, and nothing else.

The zip itself is as plain as can be (fixed dates, fixed modes), so that two wheels differ only in
what was captured.
"""

import os
import zipfile

import captures

HERE = os.path.dirname(os.path.abspath(__file__))


def _axis():
    with open(os.path.join(HERE, "axis.txt"), encoding="ascii") as stream:
        return stream.read().strip()


def _files():
    name = "perturb_" + _axis()
    info = name + "-1.0.dist-info/"
    captured = captures.capture(_axis())
    return {
        name + ".py": "SEEN = {!r}\n".format(captured),
        info + "METADATA": "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n".format(name),
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: perturb\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        info
        + "RECORD": "".join(
            member + ",,\n" for member in (name + ".py", info + "METADATA", info + "WHEEL")
        )
        + info
        + "RECORD,,\n",
    }


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    name = "perturb_" + _axis() + "-1.0.dist-info"
    os.mkdir(os.path.join(metadata_directory, name))
    for member in ("METADATA", "WHEEL"):
        text = "Metadata-Version: 2.1\nName: perturb_{}\nVersion: 1.0\n".format(_axis())
        with open(os.path.join(metadata_directory, name, member), "w", encoding="ascii") as out:
            out.write(text if member == "METADATA" else "Wheel-Version: 1.0\n")
    return name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = "perturb_" + _axis() + "-1.0-py3-none-any.whl"
    method = zipfile.ZIP_DEFLATED if _axis() == "zlib" else zipfile.ZIP_STORED
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w", method) as archive:
        for member, text in _files().items():
            entry = zipfile.ZipInfo(member)
            entry.compress_type = method
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, text)
    return wheel
