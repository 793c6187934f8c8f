"""Errors as answers: a status, a sentence, and what did not answer."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from threet.model.errors import DependencyError, ExchangeError, UnknownSymbolError
from threet.web.answers import ErrorAnswer


def _answer(status: int, sentence: str, dependency: str | None = None) -> JSONResponse:
    body = ErrorAnswer(error=sentence, dependency=dependency)
    return JSONResponse(body.model_dump(), status)


async def _unknown_symbol(_: Request, error: Exception) -> JSONResponse:
    return _answer(404, str(error))


async def _dependency_down(_: Request, error: Exception) -> JSONResponse:
    name = error.dependency if isinstance(error, DependencyError) else "exchange"
    return _answer(503, str(error), name)


async def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    sentences = [f"{fault['loc'][-1]}: {fault['msg']}" for fault in faults]
    return _answer(422, "; ".join(sentences))


async def _refused(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return _answer(500, "failed")
    answer = _answer(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def register_failures(app: FastAPI) -> None:
    app.add_exception_handler(UnknownSymbolError, _unknown_symbol)
    app.add_exception_handler(DependencyError, _dependency_down)
    app.add_exception_handler(ExchangeError, _dependency_down)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _refused)
