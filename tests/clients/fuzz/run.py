"""Runs the fuzzer against a Patron that is up: PATRON_URL and TOKEN say where and as whom."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def main():
    command = [
        *(str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml"),
        *("run", f"{os.environ['PATRON_URL']}/openapi.json", "--no-color", "--warnings", "off"),
        *("-H", f"Authorization: Bearer {os.environ['TOKEN']}"),
        *sys.argv[1:],
    ]
    raise SystemExit(subprocess.run(command, cwd=HERE, check=False).returncode)


if __name__ == "__main__":
    main()
