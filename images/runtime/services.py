"""How shared services know which project asks: by the project's own token, which the Secret of a service's name holds.

The Secret `<service>` (deploy, slack, mlflow, pushgateway) of a project's namespace has `token` and, where the service
knows the project by another name, `username`. Both are sent as HTTP basic authentication, which Git hosts, MLflow and
proxies take alike. Without the Secret nothing is sent, and the service has only the program's word.
"""

import base64
import os
from dataclasses import dataclass, field

from runtime import settings


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a service knows the project.

    Attributes:
        username: the project's name, unless the Secret has another.
        token: the project's own at this service.
    """

    username: str
    token: str = field(repr=False)

    @property
    def header(self) -> str:
        """Return the value of the header Authorization."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.token}'.encode()).decode()}"


def credentials(service: str, username: str = "") -> Credentials | None:
    """Return what the Secret of a service's name holds, or None where no token is mounted.

    Args:
        service: the Secret's name.
        username: what to send where the Secret has none; the project's name by default.
    """
    token = settings.secret(service, "token")
    if not token:
        return None
    return Credentials(settings.secret(service, "username") or username or os.environ.get("PROJECT", ""), token)


def headers(service: str) -> dict[str, str]:
    """Return what a request to a service has to carry: the project's token, where there is one."""
    held = credentials(service)
    return {"Authorization": held.header} if held else {}


def refusal(service: str) -> str:
    """Return what to do where a service refuses a request, for the end of a message."""
    if credentials(service):
        return f"it knows the project by the token of the Secret `{service}`: check the token, and what it may do there"
    return f"the Secret `{service}` of this namespace has no `token`: write the project's own into it"
