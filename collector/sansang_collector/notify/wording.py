# SPDX-License-Identifier: Apache-2.0
"""What a message says: what happened, where, since when, and one thing to do."""

from collections.abc import Callable, Sequence

from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation, mark
from sansang_collector.message_sql import Service
from sansang_collector.registry_entries import Site
from sansang_collector.stages import STAGES
from sansang_collector.watch.alerts import Notice

TITLE = "Sẵn Sàng"
NAMED_AT_MOST = 12


def message_text(
    about: Service,
    notice: Notice,
    sites: Sequence[str],
    site: Callable[[str], Site | None],
    translate: Translation,
) -> str:
    """The whole text. `sites` are those of an outage of many at once."""
    date, _, clock = translate.instant(notice.since).partition(" ")
    since = translate("{clock} on {date}", clock=clock, date=date)
    if about.service == "channel":
        return _of_channel(about.subject, notice, since, translate)
    if about.service == "area":
        names = [_name(site(each), translate) for each in sites]
        return _of_many(notice, names, since, translate)
    name = _name(site(about.site), translate)
    if notice.state == "up":
        return _again(about, notice, name, since, translate)
    return _down(about, notice, name, since, translate)


def _name(site: Site | None, translate: Translation) -> str:
    """None when the registry lost it meanwhile."""
    name = site.name if site else translate("a site that is no longer registered")
    return translate("{name} (simulated)", name=name) if site and site.simulated else name


def _again(about: Service, notice: Notice, name: str, since: str, translate: Translation) -> str:
    values = {
        "name": name,
        "ssid": about.subject,
        "since": since,
        "lasted": translate.duration(notice.since - notice.down_since),
    }
    if about.service == "wifi" and notice.stage is not None:
        return translate(
            "✓ {name}: guests get into the Wi-Fi “{ssid}” again since {since}, after {lasted}.",
            **values,
        )
    if about.service == "wifi":
        return translate(
            "✓ {name}: the Wi-Fi “{ssid}” is on air again since {since}, after {lasted}.", **values
        )
    text = translate("✓ {name}: works again since {since}, after {lasted}.", **values)
    return text + _what_it_was(notice, translate)


def _what_it_was(notice: Notice, translate: Translation) -> str:
    if notice.cause is None or notice.cause == "silent":
        return ""
    return " " + translate("Cause: {cause}.", cause=translate(CAUSES[notice.cause].name))


def _down(about: Service, notice: Notice, name: str, since: str, translate: Translation) -> str:
    values = {"name": name, "ssid": about.subject, "since": since}
    words = CAUSES[notice.cause or "silent"]
    todo = words.todo
    if about.service == "wifi" and notice.stage is not None:
        stage = STAGES[notice.stage]
        todo = stage.todo
        what = translate(
            "⚠ {name}: no guest gets into the Wi-Fi “{ssid}” since {since}: {failing}. The"
            " measuring box has power and still sends.",
            **values,
            failing=translate(stage.failing),
        )
    elif about.service == "wifi":
        what = translate(
            "⚠ {name}: the Wi-Fi “{ssid}” is off air since {since}. The measuring box has power and"
            " still sends.",
            **values,
        )
        todo = mark("switch the Wi-Fi router off and on; if that does not help, call the carrier.")
    elif about.service == "internet" and notice.cause != "international":
        what = translate(
            "⚠ {name}: no Internet since {since}: {what}.", **values, what=translate(words.what)
        )
    else:
        what = translate("⚠ {name}: since {since} {what}.", **values, what=translate(words.what))
    return f"{what}\n{translate('To do:')} {translate(todo)}"


def _of_many(notice: Notice, names: Sequence[str], since: str, translate: Translation) -> str:
    listed = ", ".join(names[:NAMED_AT_MOST]) + (" …" if len(names) > NAMED_AT_MOST else "")
    if notice.state == "up":
        lasted = translate.duration(notice.since - notice.down_since)
        text = translate.plural(
            "✓ {count} site works again since {since}, after {lasted}: {names}.",
            "✓ {count} sites work again since {since}, after {lasted}: {names}.",
            len(names),
            since=since,
            lasted=lasted,
            names=listed,
        )
        return text + _what_it_was(notice, translate)
    what = translate.plural(
        "⚠ {count} site was lost at once, since {since}: {names}.",
        "⚠ {count} sites were lost at once, since {since}: {names}.",
        len(names),
        since=since,
        names=listed,
    )
    todo = translate("ask whether the power or the carrier's network is down there.")
    return f"{what}\n{translate('To do:')} {todo}"


def _of_channel(name: str, notice: Notice, since: str, translate: Translation) -> str:
    if notice.state == "up":
        return translate("✓ Messages reach {name} again since {since}.", name=name, since=since)
    what = translate("⚠ {name} takes no messages since {since}.", name=name, since=since)
    todo = translate("see whether its address and password are still right: `sansang notify`.")
    return f"{what}\n{translate('To do:')} {todo}"


def reminder_text(text: str, lasted: str, translate: Translation) -> str:
    """A message once more, when what it tells has lasted so much longer."""
    return translate("Still so, after {lasted}:\n{text}", lasted=lasted, text=text)
