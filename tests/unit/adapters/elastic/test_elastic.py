"""Data views are made once; of traces only what is too old goes; refusals are told."""

from collections.abc import Iterator

import pytest

from tests.unit.adapters.elastic.product_server import (
    PASSWORD,
    USER,
    Product,
    serving,
)
from threet.adapters.elastic.client import ElasticClient
from threet.adapters.elastic.data_views import DATA_VIEWS, create_missing, is_ready
from threet.adapters.elastic.retention import delete_expired, expired
from threet.model.errors import DependencyError


@pytest.fixture
def product() -> Iterator[Product]:
    with serving(Product()) as served:
        yield served


def client(product: Product, password: str = PASSWORD) -> ElasticClient:
    return ElasticClient(
        "kibana", product.url, user=USER, password=password, timeout_secs=5
    )


def test_kibana_is_ready_when_it_says_so(product: Product) -> None:
    product.status = 503
    assert not is_ready(client(product))
    product.status = 200
    assert is_ready(client(product))


def test_nobody_there_is_not_ready() -> None:
    nobody = Product()
    nobody.url = "http://127.0.0.1:1"
    assert not is_ready(client(nobody))


def test_a_second_run_makes_no_data_view(product: Product) -> None:
    assert create_missing(client(product)) == [view.name for view in DATA_VIEWS]
    product.writes.clear()
    assert create_missing(client(product)) == []
    assert product.writes == []


def test_a_data_view_says_when_its_documents_happened(product: Product) -> None:
    create_missing(client(product))
    spans = product.views["jaeger-spans"]
    assert spans["title"] == "jaeger-span-*"
    assert spans["timeFieldName"] == "startTimeMillis"
    assert spans["allowNoIndex"] is True
    assert "timeFieldName" not in product.views["jaeger-services"]


def test_one_that_somebody_made_under_our_name_is_told(product: Product) -> None:
    product.views["theirs"] = {"name": DATA_VIEWS[0].name}
    with pytest.raises(DependencyError, match="Duplicate data view: Jaeger spans"):
        create_missing(client(product))


def test_a_wrong_password_is_told_and_never_shown(product: Product) -> None:
    wrong = client(product, "another-secret")
    with pytest.raises(DependencyError, match="HTTP 401") as refused:
        create_missing(wrong)
    assert "another-secret" not in f"{refused.value}{wrong!r}"


def test_only_jaegers_days_before_the_first_kept_one_expire() -> None:
    names = [
        "jaeger-span-2026-11-10",
        "jaeger-span-2026-11-11",
        "jaeger-service-2026-11-09",
        ".kibana_1",
        "jaeger-span-archive",
        "orders-2020-01-01",
    ]
    assert expired(names, "2026-11-11") == [
        "jaeger-service-2026-11-09",
        "jaeger-span-2026-11-10",
    ]


def test_what_expired_is_deleted_and_the_rest_stays(product: Product) -> None:
    product.indices = ["jaeger-span-2026-11-10", "jaeger-span-2026-11-11"]
    deleted = delete_expired(client(product), "2026-11-11")
    assert deleted == ["jaeger-span-2026-11-10"]
    assert product.indices == ["jaeger-span-2026-11-11"]
    assert delete_expired(client(product), "2026-11-11") == []
