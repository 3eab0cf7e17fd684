"""Invented guests of several languages, with e-mail addresses and telephone numbers not in use."""

import unicodedata
from random import Random
from typing import Any

#: Locale, country, how telephone numbers begin and how many digits follow, names; a weight.
_PEOPLE: tuple[tuple[str, str, str, int, str, str, int], ...] = (
    ("pt-PT", "PT", "+35191000", 4, "Beatriz Duarte Inês João Leonor Tiago Rui Matilde Vasco Íris",
     "Almeida Bragança Cordeiro Esteves Figueiredo Lourenço Magalhães Teixeira Simões Vaz", 14),
    ("en-GB", "GB", "+447700900", 3, "Amelia George Isla Harry Freya Oliver Priya Callum Tom",
     "Ashworth Barnes Collingwood Drummond Fairfax Kerr Okafor Patel Sutcliffe Wren", 18),
    ("de-DE", "DE", "+4915100", 4, "Anneliese Björn Charlotte Greta Jürgen Käthe Lukas Uwe",
     "Bäcker Hoffmann Köhler Lindner Müller Schröder Weiß Zimmermann Groß Petersen", 17),
    ("fr-FR", "FR", "+3360000", 4, "Aurélie Benoît Chloé Étienne Gaëlle Hugo Inès Loïc Maëlys",
     "Bélanger Chevalier Durand Lefèvre Marchand Noël Perrin Roussel Tessier Vasseur", 11),
    ("es-ES", "ES", "+3460000", 4, "Álvaro Begoña Carmen Íñigo Lucía Martín Nuria Sergio Raúl",
     "Cebrián Domínguez Echeverría Fernández Ibáñez Muñoz Núñez Peña Quiroga Ybarra", 12),
    ("ja-JP", "JP", "+8190000", 4, "陽菜 蓮 結衣 大翔 健太 美咲 直樹",
     "佐藤 鈴木 高橋 田中 渡辺 伊藤 小林", 9),
    ("pl-PL", "PL", "+4860000", 4, "Agnieszka Błażej Dorota Grażyna Łukasz Michał Zofia",
     "Dąbrowska Gołąb Jabłońska Kowalczyk Mróz Śliwińska Wójcik Żak", 11),
    ("en-US", "US", "+120255501", 2, "Avery Brooke Caleb Dakota Ethan Harper Jordan Maya Noah",
     "Abernathy Delgado D’Angelo Hawkins Jefferson Nguyen Ramirez Thornton Whitaker", 15),
)  # fmt: skip

#: Romanised for addresses, which are not written in kanji.
_ROMANISED = {
    "陽菜": "hina", "蓮": "ren", "結衣": "yui", "大翔": "hiroto", "健太": "kenta", "美咲": "misaki",
    "直樹": "naoki", "佐藤": "sato", "鈴木": "suzuki", "高橋": "takahashi", "田中": "tanaka",
    "渡辺": "watanabe", "伊藤": "ito", "小林": "kobayashi", "ß": "ss", "ł": "l", "Ł": "L",
}  # fmt: skip

NOTES = (
    "Celebrating a birthday, a small surprise would be lovely.",
    "Chegamos de cruzeiro, podemos atrasar dez minutos.",
    "小さな子どもがいます。ベビーカーを置けますか。",
)

CANCELLATION_REASONS = ("Flight cancelled", "Guest is ill", "Changed travel plans", None)


def new_guest(rng: Random) -> dict[str, Any]:
    """Return the contact of a guest, by attribute name, as a partner's program sends it."""
    weights = [person[-1] for person in _PEOPLE]
    locale, country, prefix, digits, first_names, last_names, _ = rng.choices(_PEOPLE, weights)[0]
    first_name, last_name = rng.choice(first_names.split()), rng.choice(last_names.split())
    mailbox = f"{_ascii(first_name)}.{_ascii(last_name)}{rng.randint(1, 999)}".lower()
    return {
        "first_name": first_name,
        "last_name": last_name,
        "email_address": f"{mailbox}@example.com",
        "phone_number": f"{prefix}{rng.randrange(10**digits):0{digits}d}",
        "country": country,
        "locales": (locale,),
    }


def _ascii(name: str) -> str:
    for written, plain in _ROMANISED.items():
        name = name.replace(written, plain)
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
