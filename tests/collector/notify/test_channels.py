# SPDX-License-Identifier: Apache-2.0
"""What the lines of `notify.urls` may say."""

from sansang_collector.notify.channels import Channel, parse_channels


def test_a_line_may_begin_with_a_name() -> None:
    """Without one it is as before, also where an address holds the sign that follows a name."""
    channels, mistakes = parse_channels(
        "thon-dong = json://hook.example/x?key=1\n"
        "  ioc=xml://ioc.example  \n"
        "json://hook.example/y?key=2\n"
    )
    assert not mistakes
    assert channels == [
        Channel("json://hook.example/x?key=1", "thon-dong"),
        Channel("xml://ioc.example", "ioc"),
        Channel("json://hook.example/y?key=2"),
    ]
    assert [each.name for each in channels] == [
        "thon-dong (json://hook.example)",
        "ioc (xml://ioc.example)",
        "json://hook.example",
    ]


def test_a_name_changes_nothing_of_what_a_channel_has() -> None:
    """Whoever is given a name today is not told again what happened yesterday."""
    assert Channel("json://hook.example", "ioc").id == Channel("json://hook.example").id


def test_what_is_wrong_with_a_name_is_told_without_its_line() -> None:
    """A line that was mistaken for a name may hold a secret."""
    _, mistakes = parse_channels(
        "Thôn-Đông = json://a.example\n"
        f"{'a' * 64} = json://b.example\n"
        "-a = json://c.example\n"
        "token=a-secret\n"
        "= json://d.example\n"
        "ioc = json://e.example\n"
        "ioc = json://f.example\n"
        "again = json://f.example\n"
        f"{'a' * 63} = json://g.example\n"
        "empty =\n"
    )
    rule = "begins with what is no name: 1 to 63 of a-z, 0-9 and inner hyphens"
    no_address = "is not an address that Apprise knows: see appriseit.com"
    assert mistakes == [
        f"line 1 {rule}",
        f"line 2 {rule}",
        f"line 3 {rule}",
        f"line 4 {no_address}",
        f"line 5 {rule}",
        "line 7 has the name of an earlier line",
        "line 8 repeats an earlier line",
        f"line 10 {no_address}",
    ]
