"""Evidence belongs to a build: comparisons, differences, noise, self-tests, the edge's calls.

Processes of the release before go on writing: what they say of a place stays unique by endpoint,
and what a build found there has a row of its own. Their comparisons get the build 0, which no
edge reports: they are kept until they expire, and prove nothing. The index is built while the
table takes no rows; comparisons wait for that in the edge's memory, callers do not.
"""

from django.db import migrations, models

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _of_build() -> models.ForeignKey:
    return models.ForeignKey(
        "endpoints.build",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        default=0,
        db_default=0,
        related_name="+",
    )


def _of(model: str, related_name: str) -> models.ForeignKey:
    return models.ForeignKey(f"endpoints.{model}", models.CASCADE, related_name=related_name)


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0012_edge_rolls_back_only")]

    operations = [
        migrations.AddField("paritycheck", "build", _of_build()),
        migrations.AddIndex(
            "paritycheck", models.Index(fields=["endpoint", "build", "at"], name="parity_of_build")
        ),
        migrations.CreateModel(
            "EdgeCalls",
            [
                ("id", ID.clone()),
                ("endpoint", _of("endpoint", "edge_calls")),
                ("build", _of_build()),
                ("stage_since", models.DateTimeField()),
                ("calls", models.PositiveBigIntegerField(default=0)),
                ("fell_back", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "edge calls",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["endpoint", "build", "stage_since"],
                        name="edge_calls_are_counted_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "SelfTest",
            [
                ("id", ID.clone()),
                ("endpoint", _of("endpoint", "self_tests")),
                ("build", _of_build()),
                ("at", models.DateTimeField()),
                ("passed", models.BooleanField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["endpoint", "build"], name="self_test_is_one")
                ],
            },
        ),
        migrations.CreateModel(
            "BuildDifference",
            [
                ("id", ID.clone()),
                ("difference", _of("difference", "by_build")),
                ("build", _of_build()),
                ("count", models.PositiveBigIntegerField(default=1)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("example_request_id", models.UUIDField()),
                ("example", models.JSONField()),
            ],
            options={
                "ordering": ["-count", "difference__path"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["difference", "build"], name="difference_is_grouped_by_build"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            "BuildNoise",
            [
                ("id", ID.clone()),
                ("noise", _of("noise", "by_build")),
                ("build", _of_build()),
                ("learned_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "noise of builds",
                "ordering": ["noise__path"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["noise", "build"], name="noise_is_one_by_build"
                    )
                ],
            },
        ),
    ]
