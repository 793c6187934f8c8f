"""The reference of metrics says what the catalogue says."""

from tests.docs.documents import rows, text_of
from tests.prometheus.names import prometheus_name
from threet.adapters.telemetry.instruments import CATALOGUE

PAGE = text_of("reference/metrics.md")


def test_the_reference_names_every_instrument_in_full_and_no_other() -> None:
    told = [[cell.replace("`", "") for cell in row[:5]] for row in rows(PAGE)]
    assert told == [
        [
            one.name,
            prometheus_name(one),
            one.kind,
            one.unit,
            ", ".join(one.attributes) or "-",
        ]
        for one in CATALOGUE
    ]


def test_every_instrument_has_its_meaning() -> None:
    assert all(row[5] for row in rows(PAGE))
