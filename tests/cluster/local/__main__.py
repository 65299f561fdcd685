"""The local cluster: one node of real Kubernetes with Argo Workflows and Argo CD, in namespaces of its own.

python3 tests/cluster/local up        builds what is missing, starts it; KUBECONFIG's path is printed
python3 tests/cluster/local down      ends it all; nothing stays running or mounted
python3 tests/cluster/local kill NAME kills one server outright; it is started again a second later
python3 tests/cluster/local status    what runs
python3 tests/cluster/local possible  whether this machine can host it at all; exit 1 with the reason where it cannot
"""

import sys

import down
import machine
import node_images
import services
import up
from layout import KUBECONFIG, RUN


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["up"]:
                up.up()
                print(KUBECONFIG)
            case ["down"]:
                down.down()
            case ["status"]:
                print(f"KUBECONFIG={KUBECONFIG}" if machine.init_pid() else "no cluster runs")
            case ["possible"]:
                if reason := machine.lacks():
                    print(reason)
                    return 1
            case ["load", image] if machine.init_pid():
                print(node_images.load(image))
            case ["kill", name] if name in services.COMMANDS and machine.init_pid():
                (RUN / "kill" / name).touch()
            case ["kill", name]:
                raise machine.Failed(f"no such server '{name}' runs; there is: {', '.join(services.COMMANDS)}")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except machine.Failed as fault:
        print(f"cluster: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
