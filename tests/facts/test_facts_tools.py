"""Small readers on what real tools print: processor, C library, compiler, cgroup files, proxies."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenv.facts import cgroup, cpu, network, platform, tools
from provenv.facts.raw import Raw, fields, whole


def raw(**texts: str) -> Raw:
    return Raw({name.replace("__", "."): {"outcome": "read", "out": text} for name, text in texts.items()})


def recorded(shared_cases: Path, name: str) -> str:
    text = (shared_cases / "tool-outputs" / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")) + "\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "lscpu-avx2-ryzen5950x.txt",
            (
                "AMD Ryzen 9 5950X 16-Core Processor",
                "AuthenticAMD",
                32,
                16,
                "x86-64-v3",
                {"avx2", "fma", "f16c"},
            ),
        ),
        ("lscpu-graviton3-al2023-no-model-name.txt", ("", "ARM", 64, 64, "", set())),
        ("lscpu-kunpeng920.txt", ("Kunpeng-920", "HiSilicon", 192, 192, "", {"asimd", "asimddp", "fphp"})),
        ("lscpu-no-avx-qemu.txt", ("QEMU Virtual CPU version 1.5.3", "GenuineIntel", 4, 4, "x86-64", set())),
    ],
)
def test_lscpu(shared_cases: Path, name: str, expected: tuple[object, ...]) -> None:
    read = cpu.read(raw(cpu__lscpu=recorded(shared_cases, name)))
    model, vendor, logical, physical, level, features = expected
    assert (read.model, read.vendor, read.logical, read.physical, read.level) == (
        model,
        vendor,
        logical,
        physical,
        level,
    )
    assert isinstance(features, set)
    assert features <= set(read.features)
    assert read.granted == logical


def test_a_processor_without_avx_has_none(shared_cases: Path) -> None:
    assert cpu.read(raw(cpu__lscpu=recorded(shared_cases, "lscpu-no-avx-qemu.txt"))).features == ()


def test_cpuinfo_of_an_apple_guest(shared_cases: Path) -> None:
    read = cpu.read(raw(cpu__cpuinfo=recorded(shared_cases, "cpuinfo-apple-vm-m1-guest.txt")))
    assert (read.vendor, read.model, read.logical, read.level) == ("Apple", "", 1, "")
    assert read.features == ("asimd", "asimdhp", "asimddp", "asimdfhm", "fphp")


def test_ldd_of_glibc(shared_cases: Path) -> None:
    read = platform.read(raw(platform__ldd=recorded(shared_cases, "ldd-glibc-ubuntu2404-first-line.txt")))
    assert (read.libc, read.libc_version) == ("glibc", "2.39")


def test_ldd_of_musl_which_fails_and_prints_on_standard_error() -> None:
    said = {
        "outcome": "failed",
        "code": 1,
        "err": "musl libc (x86_64)\nVersion 1.2.5\nDynamic Program Loader\n",
    }
    read = platform.read(Raw({"platform.ldd": said}))
    assert (read.libc, read.libc_version) == ("musl", "1.2.5")


@pytest.mark.parametrize(
    ("name", "printed", "version"),
    [
        ("uv", "uv 0.13.9 (x86_64-unknown-linux-gnu)\n", "0.13.9"),
        ("git", "git version 2.39.5 (Apple Git-154)\n", "2.39.5"),
        ("git", "git version 2.45.1.windows.1\n", "2.45.1"),
        ("gcc", "gcc (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0\nCopyright\n", "13.3.0"),
        ("gcc", "Apple clang version 15.0.0 (clang-1500.3.9.4)\n", "15.0.0"),
        ("cmake", "cmake version 3.25.1\n\nCMake suite\n", "3.25.1"),
        ("ninja", "1.11.1\n", "1.11.1"),
        ("docker", "Docker version 28.2.2, build e6534b4\n", "28.2.2"),
        ("podman", "podman version 4.3.1\n", "4.3.1"),
        ("ssh", "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.11 19 Sep 2023\n", "9.2p1"),
        ("ssh", "OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2\n", "8.1p1"),
        ("git", "xcode-select: note: no developer tools\n", ""),
    ],
)
def test_versions(name: str, printed: str, version: str) -> None:
    assert tools.version_of(name, printed) == version


@pytest.mark.parametrize(
    ("name", "version"), [("nvcc-10.0-no-build-line.txt", "10.0.130"), ("nvcc-11.0.txt", "11.0.221")]
)
def test_nvcc(shared_cases: Path, name: str, version: str) -> None:
    assert tools.version_of("nvcc", recorded(shared_cases, name)) == version


@pytest.mark.parametrize(
    ("ranges", "count"),
    [
        ("0", 1),
        ("0-3", 4),
        ("0-3,8,10-11\n", 7),
        ("", 0),
        ("x", 0),
        ("3-1", 0),
        ("0-99999999999", 0),
        ("-1", 0),
    ],
)
def test_lists_of_processors(ranges: str, count: int) -> None:
    assert cgroup.count_cpus(ranges) == count


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "50000\n"}, 0.5),
        ({"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.cfs_quota_us": "400000\n", "cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu.max": "0 0\n"}, None),
        ({"cpu.max": "nonsense\n"}, None),
        ({"cpuset.cpus.effective": "0-1\n"}, 2),
        ({"cpuset.effective_cpus": "\n", "cpuset.cpus": "4-7\n"}, 4),
    ],
)
def test_cores_of_a_group(files: dict[str, str], cores: float | None) -> None:
    levels = [{"version": 2, "folder": "", "files": files}]
    found = Raw({"cgroup.limits": {"outcome": "read", "value": {"levels": levels}}})
    assert cgroup.cores(found) == cores


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://user:word@proxy:3128", "http://****@proxy:3128"),
        ("http://proxy:3128", "http://proxy:3128"),
        ("user:word@proxy:3128", "****@proxy:3128"),
        ("socks5h://user:w%40rd@proxy", "socks5h://****@proxy"),
        ("proxy:3128", "proxy:3128"),
    ],
)
def test_proxies_lose_their_passwords(value: str, shown: str) -> None:
    read = network.read(Raw({"network.environment": {"outcome": "read", "value": {"https_proxy": value}}}))
    assert read.proxies == (("HTTPS_PROXY", shown),)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("12\n", 12),
        (True, None),
        ("1.5", None),
        ("-1", None),
        (None, None),
        ("9" * 30, None),
        ("²", None),
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole(value) == number


def test_of_a_repeated_key_the_first_counts() -> None:
    assert fields("a : 1\nb\na: 2\n") == {"a": "1"}
