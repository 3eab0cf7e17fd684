"""What the admin board and ``manage.py rollout`` show of endpoints: one document, rendered by both.

``endpoint`` loads an ``EndpointDocument``, ``facts`` puts it into labelled sentences, and
``as_json`` into what ``--json`` prints.
"""

from core_site.rollout.documents.endpoint import EndpointDocument, load_document, load_documents
from core_site.rollout.documents.facts import (
    Fact,
    describe_stage,
    evidence_facts,
    stage_facts,
)

__all__ = [
    "EndpointDocument",
    "Fact",
    "describe_stage",
    "evidence_facts",
    "load_document",
    "load_documents",
    "stage_facts",
]
