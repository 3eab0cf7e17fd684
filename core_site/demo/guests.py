"""Invented guests of several languages; nobody's address, nobody's telephone number."""

import unicodedata
from random import Random
from typing import Any

#: Locale, country, how telephone numbers begin (none of these is anybody's), names; a weight.
_PEOPLE: tuple[tuple[str, str, str, str, str, int], ...] = (
    ("pt-PT", "PT", "+35191000", "Beatriz Duarte Inês João Leonor Tiago Rui Matilde Vasco Íris",
     "Almeida Bragança Cordeiro Esteves Figueiredo Lourenço Magalhães Teixeira Simões Vaz", 14),
    ("en-GB", "GB", "+447700900", "Amelia George Isla Harry Freya Oliver Priya Callum Zadie Tom",
     "Ashworth Barnes Collingwood Drummond Fairfax Kerr Okafor Patel Sutcliffe Wren", 18),
    ("de-DE", "DE", "+4915100", "Anneliese Björn Charlotte Friedrich Greta Jürgen Käthe Lukas Uwe",
     "Bäcker Hoffmann Köhler Lindner Müller Schröder Weiß Zimmermann Groß Petersen", 17),
    ("fr-FR", "FR", "+3360000", "Aurélie Benoît Chloé Étienne Gaëlle Hugo Inès Loïc Maëlys Théo",
     "Bélanger Chevalier Durand Lefèvre Marchand Noël Perrin Roussel Tessier Vasseur", 11),
    ("es-ES", "ES", "+3460000", "Álvaro Begoña Carmen Íñigo Lucía Martín Nuria Sergio Ximena Raúl",
     "Cebrián Domínguez Echeverría Fernández Ibáñez Muñoz Núñez Peña Quiroga Ybarra", 12),
    ("ja-JP", "JP", "+8190000", "陽菜 蓮 結衣 大翔 さくら 健太 美咲 直樹 千尋 悠真",
     "佐藤 鈴木 高橋 田中 渡辺 伊藤 小林 加藤 吉田 山本", 9),
    ("it-IT", "IT", "+3932000", "Alessia Bruno Chiara Dario Elisa Giosuè Niccolò Ornella Pietro",
     "Bellini D’Angelo Esposito Fabbri Lombardi Marchetti Niccolai Rinaldi Vitale", 7),
    ("pl-PL", "PL", "+4860000", "Agnieszka Błażej Dorota Grażyna Łukasz Michał Stanisław Zofia",
     "Dąbrowska Gołąb Jabłońska Kowalczyk Mróz Śliwińska Wójcik Żak", 4),
    ("en-US", "US", "+1202555", "Avery Brooke Caleb Dakota Ethan Harper Jordan Maya Noah Sierra",
     "Abernathy Delgado Hawkins Jefferson Kowalski Nguyen Ramirez Thornton Whitaker", 10),
    ("nl-NL", "NL", "+3160000", "Anouk Bram Daan Femke Joost Lieke Maarten Sanne Thijs Willemijn",
     "van den Berg|de Boer|Dijkstra|Hoekstra|Jansen|ter Horst|Visser|Zonneveld", 5),
)  # fmt: skip

#: Romanised for addresses: nobody's mailbox is written in kanji.
_ROMANISED = {
    "陽菜": "hina", "蓮": "ren", "結衣": "yui", "大翔": "hiroto", "さくら": "sakura",
    "健太": "kenta", "美咲": "misaki", "直樹": "naoki", "千尋": "chihiro", "悠真": "yuma",
    "佐藤": "sato", "鈴木": "suzuki", "高橋": "takahashi", "田中": "tanaka", "渡辺": "watanabe",
    "伊藤": "ito", "小林": "kobayashi", "加藤": "kato", "吉田": "yoshida", "山本": "yamamoto",
    "ß": "ss", "ł": "l", "Ł": "L", "’": "", " ": "",
}  # fmt: skip

NOTES = (
    "Celebrating a birthday, a small surprise would be lovely.",
    "One guest uses a folding wheelchair.",
    "Vegetarian, please.",
    "Allergic to nuts and almonds.",
    "Chegamos de cruzeiro, podemos atrasar dez minutos.",
    "Wir kommen mit Hund, ist das in Ordnung?",
    "Nous préférons une visite en français si possible.",
    "Llegamos en tren a las nueve.",
    "小さな子どもがいます。ベビーカーを置けますか。",
    "Pushchair to leave at the desk.",
    "Returning guests, we came in spring and loved it.",
)

CANCELLATION_REASONS = (
    "Flight cancelled",
    "Guest is ill",
    "Booked the wrong date",
    "Changed travel plans",
    "Weather forecast",
    "Found another time",
    None,
)


def new_guest(rng: Random) -> dict[str, Any]:
    """Return the contact of a guest, by attribute name, as a partner's program sends it."""
    weights = [person[-1] for person in _PEOPLE]
    locale, country, prefix, first_names, last_names, _ = rng.choices(_PEOPLE, weights)[0]
    first_name = rng.choice(first_names.split())
    last_name = rng.choice(last_names.split("|" if "|" in last_names else None))
    mailbox = f"{_ascii(first_name)}.{_ascii(last_name)}{rng.randint(1, 999)}".lower()
    guest: dict[str, Any] = {
        "first_name": first_name,
        "last_name": last_name,
        "email_address": f"{mailbox}@example.com",
        "phone_number": f"{prefix}{rng.randint(0, 999):03d}" if country == "GB"
        else f"{prefix}01{rng.randint(0, 99):02d}" if country == "US"
        else f"{prefix}{rng.randint(0, 9999):04d}",
        "country": country,
        "locales": (locale,),
    }  # fmt: skip
    return guest


def name_only(rng: Random) -> dict[str, Any]:
    """Return the contact of one who travels with the guest."""
    guest = new_guest(rng)
    return {"first_name": guest["first_name"], "last_name": guest["last_name"]}


def _ascii(name: str) -> str:
    for written, plain in _ROMANISED.items():
        name = name.replace(written, plain)
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
