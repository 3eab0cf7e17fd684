"""Traffic of the tides, which no serializer describes."""

from core_site.rollout.scaffolding import Sample

TIDES = [
    Sample(
        status=200,
        target="/v1/tides/lisbon?day=2026-07-14",
        answer={
            "port": "lisbon",
            "day": "2026-07-14",
            "tides": [
                {"at": "2026-07-14T08:30:00Z", "metres": 1.5, "springTide": True},
                {"at": "2026-07-14T14:30:00Z", "metres": 2},
            ],
            "warnings": [],
            "moon": None,
        },
    ),
    Sample(
        status=200, target="/v1/tides/porto", answer={"port": "porto", "day": None, "tides": []}
    ),
    Sample(status=404, target="/v1/tides/madrid", answer={"detail": "no such port"}),
]
