"""The command line: ``kaiyan see`` and ``kaiyan derive``, in English and Chinese."""

import sys


def main() -> None:
    """Runs the command line; the extra ``kaiyan[cli]`` brings what it needs."""
    try:
        from kaiyan.cli.run import run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kaiyan"):
            raise
        install = "pip install 'kaiyan[cli]'"
        sys.stderr.write(f"the command line needs {error.name}: {install}\n命令行需要 {error.name}：{install}\n")
        sys.exit(2)
    sys.exit(run(sys.argv[1:]))
