"""The servers that the catalog names: each is plainly the one that is reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dac.load import load_repository
from dac.validate.catalog import catalog_findings
from dac.validate.hosts import host_problem, host_problems

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "address",
    [
        "https://qdrant.example.com:6333",
        "http://s3.outside.svc.cluster.local:7070",
        "http://qdrant-0.qdrant.stores.svc:6333/path?query#fragment",
        "http://mlflow.ml:5000",
        "http://mlflow",
        "http://10.20.1.4:9091",
        "http://127.0.0.1:8100/v1",
        "http://[::1]:8100",
        "http://[fd12:3456:789a::4]:8100",
        "https://git.example.com/deploy-{project}.git",
        "https://{project}.example.com/",
        "https://db.{project}.svc:6333",
        "https://deploy-{project}.git.svc:6333",
        "https://{project}.models.internal",
        "https://db.x-{project}.example.com",
        "http://mlflow.9th",
        "http://meta",
        "s3://dac_artifacts.kept/dac",
        "s3://dac-{project}",
        "S3://dac-{project}",
        "file://{state}/objects",
        "file:///tmp/x",
    ],
)
def test_an_address_of_a_server(address: str) -> None:
    assert host_problem(address) is None


CLOUDS = [
    *(
        "http://169.254.169.254",
        "http://169.254.169.254/latest/meta-data/",
        "HTTP://169.254.169.254:80",
        "http://169.254.170.2",
    ),
    *(
        "http://u@169.254.169.254/",
        "http://100.100.100.200",
        "http://168.63.129.16:80",
        "http://192.0.0.192",
        "http://0.0.0.0:80",
    ),
    *(
        "http://[fd00:ec2::254]/",
        "http://[fe80::a9fe:a9fe]",
        "http://[fd20:ce::254]",
        "http://[ff02::1]",
        "http://[::]",
    ),
    *("http://[::ffff:a9fe:a9fe]", "http://[::a9fe:a9fe]", "http://[64:ff9b::a9fe:a9fe]", "http://[2002:a9fe:a9fe::]"),
    *("http://metadata", "http://metadata.google.internal/computeMetadata/v1/", "http://instance-data.ec2.internal"),
    *("http://instance-data/", "http://metadata.goog", "http://metadata.tencentyun.com", "http://metadata:80/x"),
    *("s3://169.254.169.254/key", "grpc://169.254.169.254:80"),
]
IN_ANOTHER_WAY = [
    *(
        "http://2852039166",
        "http://0xA9FEA9FE",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376",
        "http://169.254.43518",
    ),
    *("http://169.16689662", "http://0xa9.0xfe.0xa9.0xfe", "http://169.254.169.0xfe", "http://127.1", "http://127.0.1"),
    *(
        "http://0177.0.0.1",
        "http://2130706433:80",
        "http://0",
        "http://0x",
        "http://10.020.0.1",
        "http://1.2.3.4.5",
        "http://1.2.3.256",
    ),
    *(
        "http://169.254.169.254.",
        "http://MLFLOW.ml.svc",
        "http://mlflow.ml.svc.",
        "http://mlflow..ml.svc",
        "http://.ml.svc",
    ),
    *("http://[0:0:0:0:0:ffff:169.254.169.254]", "http://[::FFFF:169.254.169.254]", "http://[fd00:0ec2::254]"),
    *("http://[fe80::1%25eth0]", "http://[1::2::3]", "http://[169.254.169.254]x", "http://[]"),
    *(
        "http://a\\@169.254.169.254",
        "http://mlflow.ml\\.example.com",
        "http://a@b@mlflow.ml.svc",
        "http://%31%36%39.254.169.254",
    ),
    *(
        "http://\uff11\uff16\uff19.254.169.254",
        "http://169\u3002254\u3002169\u3002254",
        "http://mlflow.ml.svc\n",
        "http://mlflow\t.ml",
        "http:// mlflow",
    ),
    *(
        "http://",
        "http:///169.254.169.254",
        "http://:80",
        "http:/169.254.169.254",
        "http:169.254.169.254",
        "//169.254.169.254",
    ),
    *(
        "169.254.169.254",
        "mlflow.ml.svc:5000",
        "http://mlflow:port",
        "http://mlflow:80:80",
        "http://{project",
        "http://bücher.example",
    ),
]
OF_ANOTHER_PROJECT = [
    *(
        "http://db.x-{project}.svc",
        "http://db.{project}-x.svc.cluster.local:1",
        "http://db.x-{project}",
        "http://a.db.{project}x.svc",
    ),
]
# A project can be called metadata, internal, 254 or 0xa9fea9fe.
AFTER_EXPANSION = [
    *(
        "http://{project}",
        "http://{project}:80/latest",
        "http://169.254.169.{project}",
        "http://metadata.google.{project}",
        "http://db.{project}",
        "grpc://{project}",
    ),
    *(
        "http://{project}.google.internal/computeMetadata/v1/",
        "http://metadata.{project}.internal",
        "http://meta{project}.goog",
        "http://{project}-data.ec2.internal",
        "http://{project}.{project}.internal",
    ),
]


@pytest.mark.parametrize("address", [*CLOUDS, *IN_ANOTHER_WAY, *OF_ANOTHER_PROJECT, *AFTER_EXPANSION])
def test_an_address_that_is_refused(address: str) -> None:
    assert host_problem(address) is not None


@pytest.mark.parametrize("path", ["/.", "/..", "/./x", "/x/../y", "/x/..", "/%2E%2e/x", "/x%2f..%2Fy", "/.%2e?q"])
def test_a_step_in_the_path_is_refused(path: str) -> None:
    problem = host_problem(f"https://docs.example.com{path}")
    assert problem
    assert problem[0].endswith("has a step . or .., which some servers follow and some do not")


@pytest.mark.parametrize("path", ["/...", "/.x", "/x..", "/x..y/", "/?x=/../", "/#/../", "/%2e%2ex"])
def test_dots_in_a_name_are_no_step(path: str) -> None:
    assert host_problem(f"https://docs.example.com{path}") is None


NAME_ONE = "write one such as https://server.example.com"


@pytest.mark.parametrize(
    ("address", "problem", "remedy"),
    [
        ("http://MLflow.ML.svc.:5000", 'writes the host "mlflow.ml.svc" in another way', "write mlflow.ml.svc"),
        ("http://mlflow...ml", 'writes the host "mlflow.ml" in another way', "write mlflow.ml"),
        ("http://[0:0::254]", "writes the host ::254 in another way", "write ::254"),
        ("mlflow", "is not an address", NAME_ONE),
        ("http://a b", "names no host, or not in letters, digits, dots and dashes", NAME_ONE),
        ("http://169.254.169.254", "leads to link-local addresses, where clouds hand out credentials", NAME_ONE),
        ("http://metadata", "leads to the metadata service of a cloud", NAME_ONE),
        (
            "http://db.x-{project}.svc",
            "leads to a namespace x-{project}, which another project can be called",
            "put {project} into another part of the address",
        ),
    ],
)
def test_the_text_says_what_to_do(address: str, problem: str, remedy: str) -> None:
    assert host_problem(address) == (f'"{address}" {problem}', remedy)


def test_a_number_in_a_form_of_its_own() -> None:
    text = 'the host of "http://127.1" is a number in a form of its own'
    assert host_problem("http://127.1") == (text, "write four numbers, or a name")


def test_a_file_has_no_host_however_its_scheme_is_written() -> None:
    assert host_problem("FILE://169.254.169.254/x") is None


def test_only_an_endpoint_has_to_have_an_address() -> None:
    """Elsewhere a fact is looked at where it begins like an address; what people read is not."""
    facts = {"summary": "as http://169.254.169.254 does", "of": ["mlflow", {"url": "http://169.254.169.254"}]}
    assert [pointer for pointer, _, _ in host_problems("datasets", facts)] == [("of", 1, "url")]
    endpoint = {"address": "mlflow.ml.svc:5000", "local": ""}
    assert [pointer for pointer, _, _ in host_problems("endpoints", endpoint)] == [("address",)]
    assert list(host_problems("endpoints", {"address": "", "local": ""})) == []
    assert list(host_problems("platform", {"endpoint": "minio.storage.svc:9000"})) == [], "a host and a port"
    assert [pointer for pointer, _, _ in host_problems("platform", {"endpoint": "127.1:80"})] == [("endpoint",)]
    assert list(host_problems("prices", {"endpoint": "127.1:80"})) == []


@pytest.mark.parametrize("field", ["summary", "description"])
def test_what_people_read_may_name_what_is_refused(field: str) -> None:
    text = "http://169.254.169.254"
    assert list(host_problems("datasets", {field: text, "of": [{field: text}]})) == []


def test_every_kind_is_looked_at() -> None:
    repository = load_repository(ROOT, [])[0]
    kinds = {**repository.catalog.kinds}
    platform = kinds["platform"]
    kinds["platform"] = {**platform, "artifacts": platform["artifacts"] | {"endpoint": "169.254.43518"}}
    kinds["datasets"] = {n: facts | {"uri": "http://0xA9FEA9FE"} for n, facts in kinds["datasets"].items()}
    documents = {k: replace(d, data=kinds.get(k, d.data)) for k, d in repository.catalog.documents.items()}
    changed = replace(repository, catalog=replace(repository.catalog, kinds=kinds, documents=documents))
    assert sorted(finding.code for finding in catalog_findings(changed)) == ["catalog.datasets", "catalog.platform"]
