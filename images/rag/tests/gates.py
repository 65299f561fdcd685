"""Servers that refuse where the real one of the engine is not available: the client gets its vendor's answer on a wire.

Qdrant has no server but a container's: one route answers here as src/common/auth and src/actix/auth.rs of 1.16 do.
Milvus is milvus-lite's own server, which has neither users nor quotas; before it stands what refuses as
internal/proxy/authentication_interceptor.go and rate_limit_interceptor.go of 2.6 do, or what is slow. The vendors' own
servers are asked the same where QDRANT_URL and MILVUS_URI name them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from milvus_lite.adapter.grpc.servicer import MilvusServicer
from milvus_lite.db import MilvusLite
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc
from servers import Address

KEY = "root:the-right-one"
_QUOTA_EXCEEDED = 9  # https://github.com/milvus-io/milvus/blob/master/pkg/util/merr/errors.go
Details = grpc.HandlerCallDetails
Next = Callable[[Details], grpc.RpcMethodHandler | None]


class _Qdrant(BaseHTTPRequestHandler):
    """Asks for KEY; with it there are no aliases."""

    def do_GET(self) -> None:
        given = self.headers.get("api-key")
        if given == KEY:
            self._answer(200, "application/json", json.dumps({"result": {"aliases": []}, "status": "ok", "time": 0.0}))
        else:
            missing = "Must provide an API key or an Authorization bearer token"
            self._answer(401, "text/plain; charset=utf-8", missing if given is None else "Invalid API key or JWT")

    def _answer(self, status: int, kind: str, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def qdrant() -> Iterator[Address]:
    """Return what answers in a Qdrant's place."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Qdrant) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Address(f"http://127.0.0.1:{server.server_port}", {"engine": "qdrant", "distance": "cosine"})
        server.shutdown()


class Keyed(grpc.ServerInterceptor):
    """Lets nobody in without KEY."""

    def intercept_service(self, continuation: Next, details: Details) -> grpc.RpcMethodHandler | None:
        given = dict(details.invocation_metadata).get("authorization")
        if given == base64.b64encode(KEY.encode()).decode():
            return continuation(details)
        why = "auth check failure, please check username and password are correct"
        return _refusing(grpc.StatusCode.UNAUTHENTICATED, "missing authorization in header" if given is None else why)


class Full(grpc.ServerInterceptor):
    """Takes no points: the quota of its disk is used up."""

    def intercept_service(self, continuation: Next, details: Details) -> grpc.RpcMethodHandler | None:
        if not details.method.endswith("/Upsert"):
            return continuation(details)
        why = "quota exceeded[reason=disk quota exceeded, please allocate more resources]"
        status = common_pb2.Status(code=_QUOTA_EXCEEDED, error_code=common_pb2.ForceDeny, reason=why)
        answer = milvus_pb2.MutationResult(status=status)
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: answer, response_serializer=milvus_pb2.MutationResult.SerializeToString
        )


class Slow(grpc.ServerInterceptor):
    """Takes a second to say which collections there are, and what one is."""

    def intercept_service(self, continuation: Next, details: Details) -> grpc.RpcMethodHandler | None:
        late = details.method.endswith(("/ShowCollections", "/HasCollection", "/DescribeCollection"))
        return _refusing(grpc.StatusCode.INTERNAL, "nobody reads this", 1.0) if late else continuation(details)


def _refusing(code: grpc.StatusCode, why: str, seconds: float = 0.0) -> grpc.RpcMethodHandler:
    def refuse(request: bytes, context: grpc.ServicerContext) -> Any:
        time.sleep(seconds)
        context.abort(code, why)

    return grpc.unary_unary_rpc_method_handler(refuse)


@contextlib.contextmanager
def milvus(folder: Path, gate: grpc.ServerInterceptor) -> Iterator[Address]:
    """milvus-lite's server over the folder, behind the gate."""
    held = MilvusLite(str(folder / "data"))
    server = grpc.server(ThreadPoolExecutor(4), interceptors=[gate])
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(held), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield Address(f"http://127.0.0.1:{port}", {"engine": "milvus", "distance": "cosine"})
    finally:
        server.stop(None)
        held.close()
