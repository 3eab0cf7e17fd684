"""Webhooks go to public hosts by https, whatever way another place is written."""

import pytest

from shared_domain.webhooks import InvalidUrl, UrlProblem, is_public_address, validated_url

HOSTILE_ADDRESSES = [
    # Loopback, unspecified, "this" network
    *("127.0.0.1", "127.8.8.8", "::1", "0.0.0.0", "0.1.2.3", "::"),
    # Private, carriers' shared, unique local
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.254"),
    *("fc00::1", "fd12:3456::1"),
    # Azure's services for its own machines
    *("168.63.129.16", "::ffff:168.63.129.16"),
    # Link-local with the metadata of clouds
    *("169.254.169.254", "fe80::1", "fe80::a9fe:a9fe%eth0", "fd00:ec2::254"),
    # IPv4 inside of IPv6: mapped, compatible, NAT64, 6to4, Teredo
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1"),
    *("2001::1", "2001:0:7f00:1::1"),
    # IPv4 as a stateless translator writes it, and unassigned blocks
    *("::ffff:0:7f00:1", "::ffff:0:a9fe:a9fe", "1::1", "4000::1", "8000::1", "e000::1", "3ffe::1"),
    # Multicast, reserved, broadcast, documentation, benchmarks, site-local
    *("224.0.0.1", "239.255.255.250", "ff02::1", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.9", "192.0.0.8", "192.88.99.1", "2001:db8::1"),
    *("fec0::1", "100::1", "5f00::1"),
    # No address at all
    *("", "localhost", "1.2.3", "168.63.129.16.1", "0x7f000001", "2130706433"),
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_no_connection_is_made_to(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "100.63.255.255"]
)
def test_a_public_host_is_reached(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://shop.example.com/hooks", UrlProblem.NOT_HTTPS),
        ("ftp://shop.example.com/", UrlProblem.NOT_HTTPS),
        ("shop.example.com/hooks", UrlProblem.MALFORMED),
        ("https:///hooks", UrlProblem.MALFORMED),
        ("https://shop.example.com:0/", UrlProblem.MALFORMED),
        ("https://shop.example.com:99999/", UrlProblem.MALFORMED),
        ("https://shop.example.com:/", UrlProblem.MALFORMED),
        ("https://shop.example.com\\@10.0.0.1/", UrlProblem.MALFORMED),
        ("https://shop.example.com/\r\nX-Evil: 1", UrlProblem.MALFORMED),
        ("https://šhop.example.com/", UrlProblem.MALFORMED),
        ("https://[::1/", UrlProblem.MALFORMED),
        ("https://user@shop.example.com/", UrlProblem.HAS_USER),
        ("https://:secret@shop.example.com/", UrlProblem.HAS_USER),
        ("https://shop.example.com/#here", UrlProblem.HAS_FRAGMENT),
        ("https://shop.example.com/" + "a" * 2000, UrlProblem.TOO_LONG),
        *(
            (f"https://{host}/", UrlProblem.NOT_PUBLIC)
            for host in (
                *("localhost", "LOCALHOST.", "db", "db.internal", "printer.local", "a.home.arpa"),
                *("a..b", "a.b..", f"{'a' * 64}.example", f"{'a.' * 125}example"),
                *("127.0.0.1", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]"),
                *("[::ffff:10.0.0.1]", "169.254.169.254", "[2606:4700::1111%25eth0]"),
                *("shop..example.com", ".example.com", "-shop.example.com", "*.example.com"),
                *("sh%6fp.example.com", "169.254.169.254%2e", "shop,example.com"),
            )
        ),
    ],
)
def test_a_url_is_refused_when_it_is_typed(url: str, problem: UrlProblem) -> None:
    with pytest.raises(InvalidUrl) as refused:
        validated_url(url)

    assert refused.value.problem is problem


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com/hooks?shop=7",
        "https://8.8.8.8:8443/",
        "https://xn--hop-vva.pt",
        "https://an_id.shop-1.example.com.",
    ],
)
def test_a_url_is_kept_as_it_was_written(url: str) -> None:
    assert validated_url(url) == url


def test_in_development_this_machine_is_reached_and_no_other_private_one() -> None:
    for url in ("http://127.0.0.1:9000/", "http://localhost:9000/", "https://[::1]:9000/"):
        assert validated_url(url, allows_loopback=True) == url
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://shop.example.com/"):
        with pytest.raises(InvalidUrl):
            validated_url(url, allows_loopback=True)
