"""Balance and positions, from one reading of the account."""

from fastapi import APIRouter

from threet.web.account_desk import read_account
from threet.web.answers import BalancesAnswer, ErrorAnswer, PositionsAnswer
from threet.web.desk import AtDesk

router = APIRouter(
    prefix="/api",
    tags=["account"],
    responses={503: {"model": ErrorAnswer, "description": "The database is down"}},
)


@router.get("/positions", summary="Open positions, as last read from the exchange")
async def positions(desk: AtDesk) -> PositionsAnswer:
    return (await read_account(desk.parts)).positions


@router.get("/balances", summary="Equity and margin now, and over the last readings")
async def balances(desk: AtDesk) -> BalancesAnswer:
    return (await read_account(desk.parts)).balances
