"""The conditions of the WMO's weather codes, in words.

Source: Open-Meteo's documentation, "WMO Weather interpretation codes (WW)".
"""

_WORDS = {
    0: "Clear",
    1: "Mainly clear",
    2: "Partly cloudy",
    3: "Overcast",
    45: "Fog",
    48: "Rime fog",
    51: "Light drizzle",
    53: "Drizzle",
    55: "Heavy drizzle",
    56: "Light freezing drizzle",
    57: "Freezing drizzle",
    61: "Light rain",
    63: "Rain",
    65: "Heavy rain",
    66: "Light freezing rain",
    67: "Freezing rain",
    71: "Light snow",
    73: "Snow",
    75: "Heavy snow",
    77: "Snow grains",
    80: "Light showers",
    81: "Showers",
    82: "Violent showers",
    85: "Light snow showers",
    86: "Snow showers",
    95: "Thunderstorm",
    96: "Thunderstorm with hail",
    99: "Thunderstorm with heavy hail",
}

#: What is said of a code that is in no table.
UNKNOWN = "Unknown"


def describe_code(code: int) -> str:
    """Return the words for a weather code, ``Unknown`` for one that the WMO's table lacks."""
    return _WORDS.get(code, UNKNOWN)
