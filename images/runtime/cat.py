"""Print objects, or with --list the addresses under a prefix; for a person, through `dac logs` and `dac runs`.

With --newest N, the N that were written last under each prefix, a line of JSON each: `address`, and `text`.

    OBJECTS=https://objects.example.com python -m runtime.cat s3://dac-workflows/docs/search-x7k2p/pod-1/main.log
    OBJECTS=https://objects.example.com python -m runtime.cat --list s3://dac-workflows/docs/search-x7k2p

Credentials are the SDK's own: profiles, single sign-on, variables.
"""

import argparse
import json
import sys

from runtime import objects
from runtime.program import exit_code


def program() -> None:
    """Print what the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", help="s3:// or file://")
    parser.add_argument("--list", action="store_true", help="print the addresses under each, and not what they hold")
    parser.add_argument(
        "--newest", type=int, metavar="N", help="print the N newest objects under each, as lines of JSON"
    )
    flags = parser.parse_args()
    for address in flags.addresses:
        if flags.newest:
            newest = sorted(objects.entries(address), key=lambda entry: entry.modified, reverse=True)[: flags.newest]
            for entry in newest:
                text = objects.read(entry.address).decode(errors="replace")
                print(json.dumps({"address": entry.address, "text": text}))
            continue
        if flags.list:
            for entry in objects.entries(address):
                print(entry.address)
        else:
            sys.stdout.buffer.write(objects.read(address))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(exit_code(program))
