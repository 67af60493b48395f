"""Looks at the Python that runs `python3 -m skiplab`, then hands over to skiplab.start; it parses on any old Python."""

import sys

from skiplab import NEWEST, OLDEST


def main(argv):
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        used = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(
            "skiplab: this course needs Python 3.11, 3.12, 3.13 or 3.14, and this one is Python "
            + used
            + " ("
            + str(sys.executable)
            + "): run the same command with one of those, for example python3.12 -m skiplab\n"
        )
        return 2
    from skiplab.start import main as start

    return start(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
