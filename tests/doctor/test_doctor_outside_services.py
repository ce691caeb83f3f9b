"""Clusters, engines, KVM: kubectl against a real API server, docker against a daemon's answers."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from loading import load
from provenv.app.looks import clusters, containers, virtualisation
from provenv.app.project import Project
from provenv.diagnosis.checks import clusters as check
from provenv.model.findings import Finding
from provenv.model.outside import Cluster

API = load("kubernetes_api", Path(__file__).with_name("kubernetes_api.py"))
TARGET = '[target.lab]\nkind = "kubernetes"\naccelerator = "cuda"\n'
needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None or shutil.which("openssl") is None,
    reason="kubectl or openssl is not installed",
)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[object]:
    folder = tmp_path / "api"
    folder.mkdir()
    made = API.Api(folder).start()
    yield made
    made.close()


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Project]:
    """Return a maker of projects with a target, whose user has this configuration of kubectl."""

    def make(target: str = TARGET, configuration: object = None, **variables: str) -> Project:
        root, home = tmp_path / "project", tmp_path / "home"
        for folder in (root, home / ".kube"):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "provenv.toml").write_text(f'schema = 1\nname = "p"\nrequirements = []\n{target}')
        if configuration is not None:
            (home / ".kube" / "config").write_text(json.dumps(configuration))
        own = {"HOME": str(home), "PATH": os.environ["PATH"], **variables}
        return Project(root, root, environment=own)

    return make


def found(project: Project) -> tuple[Cluster, list[Finding]]:
    ground = clusters.look(project)
    assert ground.clusters is not None
    return ground.clusters[0], list(check.kubernetes(ground))


@needs_kubectl
def test_a_cluster_that_has_what_is_asked_for_is_nothing_to_tell(api, place):
    api.nodes = [API.node("a"), API.node("b", 8)]
    api.pods = [API.pod("one", 4)]
    api.resourcequotas = [API.quota(8, 4)]
    cluster, findings = found(place(configuration=api.configuration()))
    assert findings == []
    assert (cluster.state, cluster.context, cluster.namespace, cluster.nodes) == ("ready", "lab", "team", 2)
    assert cluster.resources is not None
    assert [(one.name, one.allocatable, one.largest, one.used) for one in cluster.resources] == [
        ("nvidia.com/gpu", 8, 8, 4)
    ]


@needs_kubectl
@pytest.mark.parametrize(
    ("nodes", "pods", "quotas", "target", "keys"),
    [
        ([API.node("a")], [], [], TARGET, ["doctor.cluster.none"]),
        (
            [API.node("a", **{"nvidia.com/gpu.present": "true"})],
            *([], [], TARGET, ["doctor.cluster.plugin"]),
        ),
        ([API.node("a", 2)], [API.pod("p", 2)], [], TARGET, ["doctor.cluster.taken"]),
        ([API.node("a", 2)], [], [], f"{TARGET}gpus = 4\n", ["doctor.cluster.too_many"]),
        ([API.node("a", 8)], [], [API.quota(2, 2)], TARGET, ["doctor.cluster.quota"]),
        ([API.node("a")], [], [], '[target.lab]\nkind = "kubernetes"\n', []),
    ],
)
def test_what_a_cluster_lacks_is_told_before_a_pod_waits_for_it(
    api, place, nodes, pods, quotas, target, keys
):
    api.nodes, api.pods, api.resourcequotas = nodes, pods, quotas
    _, findings = found(place(target, api.configuration()))
    assert [one.what.key for one in findings] == keys


@needs_kubectl
def test_a_login_that_is_refused_and_one_that_has_ended(api, place, network):
    cluster, (one,) = found(place(configuration=api.configuration(token="verysecret")))
    assert (cluster.state, one.id) == ("login", "cluster-login")
    assert "verysecret" not in repr((cluster, one))
    folder = api.folder
    network.authority(folder)
    certificate, key = network.signed(
        folder, "me", "DNS:me", "-startdate", "200101000000Z", "-enddate", "200201000000Z"
    )
    data = {
        "client-certificate-data": base64.b64encode(Path(certificate).read_bytes()).decode(),
        "client-key-data": base64.b64encode(Path(key).read_bytes()).decode(),
    }
    cluster, (one,) = found(place(configuration=api.configuration(**data)))
    assert (cluster.expired, cluster.until) == (True, "2020-02-01 00:00 UTC")
    assert one.what.key == "doctor.cluster.expired"


@pytest.fixture
def network() -> ModuleType:
    path = Path(__file__).parents[1] / "network" / "company.py"
    return load("company_network_of_doctor", path)


@needs_kubectl
def test_who_may_not_list_nodes_may_still_use_a_namespace(api, place):
    api.forbidden = {"nodes", "pods"}
    cluster, findings = found(place(configuration=api.configuration()))
    assert (cluster.state, cluster.resources, findings) == ("ready", None, [])
    api.forbidden = {"nodes", "pods", "resourcequotas"}
    cluster, (one,) = found(place(configuration=api.configuration()))
    assert (cluster.state, one.id) == ("forbidden", "cluster-unreachable")


@pytest.mark.slow
@needs_kubectl
def test_a_cluster_that_is_not_there_or_never_answers(api, place):
    configuration = api.configuration()
    configuration["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    cluster, (one,) = found(place(configuration=configuration))
    assert (cluster.state, one.id) == ("unreachable", "cluster-unreachable")
    api.hang = threading.Event()
    cluster, (one,) = found(place(configuration=api.configuration()))
    assert (cluster.state, one.what.key) == ("timeout", "doctor.cluster.timeout")


@needs_kubectl
def test_a_certificate_that_kubectl_does_not_trust(api, place):
    configuration = api.configuration()
    del configuration["clusters"][0]["cluster"]["certificate-authority"]
    cluster, _ = found(place(configuration=configuration))
    assert cluster.state == "tls"


@needs_kubectl
def test_a_context_that_does_not_exist_and_no_configuration_at_all(api, place):
    cluster, (one,) = found(place(f'{TARGET}context = "moon"\n', api.configuration()))
    assert (cluster.state, one.id) == ("no-context", "cluster-context")
    assert one.remedies[0].commands == ("kubectl config use-context lab",)
    (place().root.parent / "home" / ".kube" / "config").unlink()
    assert found(place())[0].state == "no-config"


def test_without_kubectl_and_without_a_cluster(place):
    assert found(place(PATH="/nonexistent"))[0].state == "no-kubectl"
    assert clusters.look(place("")).clusters == ()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Path]:
    """A socket that answers `docker info` as a daemon does."""
    path = tmp_path / "docker.sock"
    said = {"ServerVersion": "28.0", "DockerRootDir": str(tmp_path), "CgroupDriver": "systemd", "ID": "x"}
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while asked := connection.recv(1 << 16):
                    body = json.dumps(said) if b"/info" in asked.split(b"\r\n")[0] else "OK"
                    head = f"HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: {len(body)}\r\n"
                    connection.sendall(f"{head}Content-Type: application/json\r\n\r\n{body}".encode())

    threading.Thread(target=serve, daemon=True).start()
    yield path
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker's client is not installed")
def test_the_daemon_says_where_images_lie(place, daemon):
    around = containers.look(place(DOCKER_HOST=f"unix://{daemon}")).containers
    assert around is not None
    assert (around.socket, around.data_root, around.cgroup_driver) == (
        str(daemon),
        str(daemon.parent),
        "systemd",
    )
    assert around.total is not None


def test_the_socket_tells_whose_group_it_is(place, daemon):
    around = containers.look(place(DOCKER_HOST=f"unix://{daemon}", PATH="/nonexistent")).containers
    assert around is not None
    group = subprocess.run(
        ["stat", "-c", "%G", str(daemon)], capture_output=True, text=True, check=True
    ).stdout
    assert around.socket_group == group.strip()
    assert around.socket_group in around.groups_now
    assert containers.look(place(DOCKER_HOST="tcp://127.0.0.1:9")).containers == replace(
        around, socket="", socket_group=""
    )


@pytest.mark.skipif(sys.platform != "linux", reason="KVM is Linux's")
def test_a_node_that_opens_is_not_yet_one_that_works(place, tmp_path):
    project = place()
    opened = virtualisation.tried(project, "/dev/null")
    assert (opened["opens"], opened["makes"], opened["error"]) == (
        True,
        False,
        "Inappropriate ioctl for device",
    )
    closed = virtualisation.tried(project, str(tmp_path / "none"))
    assert (closed["opens"], closed["error"]) == (False, "No such file or directory")


def test_the_node_is_tried_only_for_a_machine_that_is_declared(place):
    kvm = virtualisation.look(place("")).virtualisation
    assert kvm is None or (kvm.version, kvm.makes) == (0, False)
    tried = virtualisation.look(place('[target.m]\nkind = "vm"\n')).virtualisation
    if tried is not None and tried.exists:
        assert tried.makes or tried.error
