"""A real kubectl that gets its token from `egain export exec-credential`, and one that applies `kubernetes-secret`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.http_server import ScriptedServer, answer
from fakes.tls_server import tls_server

from system.given_token import TokenEndpoint, token_endpoint
from system.recipes import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain, Ran

GROUP = "client.authentication.k8s.io"
TOKEN = "made-up.token-of~egain+1/=="
ASKED = "/api/v1/namespaces/default/pods"
PODS = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
EGAIN = ["egain", "export", "exec-credential", "--no-store"]
KNOWS_V1 = 22
"""The minor version of Kubernetes that has brought v1 of the plugins' protocol; Debian 12 has an older one."""


@dataclass(frozen=True)
class Cluster:
    """The API of a cluster as far as one question goes, and a kubectl that knows it."""

    server: ScriptedServer
    folder: Path

    def kubectl(self, egain: Egain, *words: str, version: str = "v1beta1", plugin: list[str] = EGAIN) -> Ran:
        """Run kubectl with a plugin that is asked in this version."""
        command, *arguments = plugin
        exec_ = {"apiVersion": f"{GROUP}/{version}", "command": command, "args": arguments, "interactiveMode": "Never"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "c", "cluster": {"server": self.server.url, "certificate-authority": f"{self.folder}/ca.pem"}}
            ],
            "users": [{"name": "u", "user": {"exec": exec_}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        file = self.folder / "kubeconfig"
        file.write_text(json.dumps(config))
        return run_command(["kubectl", *words], self.folder, egain.within({"KUBECONFIG": str(file)}).environ)

    def asked(self) -> list[tuple[str, list[str]]]:
        """Return each request's target, and its `Authorization`."""
        heads = [request.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n") for request in self.server.requests]
        prefix = "authorization: "
        return [
            (first.split()[1], [line[len(prefix) :] for line in lines if line.lower().startswith(prefix)])
            for first, *lines in heads
        ]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    body = json.dumps(PODS).encode()
    answered = answer("200 OK", body, "Content-Type: application/json")
    with tls_server(authority.issue_cert("127.0.0.1"), answered) as server:
        yield Cluster(server, tmp_path)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[TokenEndpoint]:
    with token_endpoint() as server:
        yield server


def minor_version(cluster: Cluster, egain: Egain) -> int:
    """Return kubectl's own, such as 32 of 1.32."""
    printed = cluster.kubectl(egain, "version", "--client", "--output", "json").stdout
    return int(json.loads(printed)["clientVersion"]["minor"].rstrip("+"))


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_kubectl_asks_its_cluster_with_our_token(
    egain: Egain, endpoint: TokenEndpoint, cluster: Cluster, version: str
) -> None:
    one = endpoint.serves(egain, TOKEN)
    if version == "v1" and minor_version(cluster, one) < KNOWS_V1:
        pytest.skip("this kubectl is older than v1")

    ran = cluster.kubectl(one, "get", "--raw", ASKED, version=version)

    assert (0, "", PODS) == (ran.status, ran.stderr, json.loads(ran.stdout))
    assert ASKED == cluster.asked()[-1][0]
    assert [[f"Bearer {TOKEN}"]] * len(cluster.asked()) == [values for _, values in cluster.asked()]


def test_version_that_is_not_known_is_refused_and_the_cluster_is_not_asked(
    egain: Egain, endpoint: TokenEndpoint, cluster: Cluster
) -> None:
    one = endpoint.serves(egain, TOKEN)
    # a kubectl refuses a version that it does not know itself: only one of another time would ask for this
    question = json.dumps({"kind": "ExecCredential", "apiVersion": f"{GROUP}/v2", "spec": {"interactive": False}})

    ran = cluster.kubectl(one, "get", "--raw", ASKED, plugin=["env", f"KUBERNETES_EXEC_INFO={question}", *EGAIN])

    assert (1, "", []) == (ran.status, ran.stdout, cluster.asked())
    assert "exit code 2" in ran.stderr
    assert f"`KUBERNETES_EXEC_INFO` asks for `{GROUP}/v2`" in ran.stderr


def test_cluster_is_not_asked_where_there_is_no_token(egain: Egain, endpoint: TokenEndpoint, cluster: Cluster) -> None:
    ran = cluster.kubectl(endpoint.serves(egain, None), "get", "--raw", ASKED)

    assert (1, "", []) == (ran.status, ran.stdout, cluster.asked())
    assert "exit code 4" in ran.stderr


def test_kubectl_applies_nothing_where_there_is_no_secret(
    egain: Egain, endpoint: TokenEndpoint, cluster: Cluster
) -> None:
    # without its look at the cluster's schemas, which this one does not have
    ran = cluster.kubectl(endpoint.serves(egain, TOKEN), "apply", "--validate=false", "-f", "-")

    assert (1, "") == (ran.status, ran.stdout)
    assert "no objects passed to apply" in ran.stderr
