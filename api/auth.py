"""Authentication: the operator's bearer token, or the signature of the DERMS or a head-end."""

import hmac
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.context import Context, InContext
from connectors.standard_webhooks import verify_signature
from models.errors import Unauthenticated
from models.scope import DermsScope, HeadEndScope, OperatorScope

_bearer_scheme = HTTPBearer(auto_error=False, description="The token that `gridenroll up` prints.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer_scheme)]
_AUTHENTICATION_FIX = "Send the header Authorization: Bearer <token>; `gridenroll up` prints the token in force."


def _authenticate_operator(context: Context, credentials: HTTPAuthorizationCredentials | None) -> OperatorScope:
    if credentials is None:
        raise Unauthenticated("The request carries no bearer token.", fix=_AUTHENTICATION_FIX)
    sent, expected = credentials.credentials.encode(), context.token.encode()
    if not expected or not hmac.compare_digest(sent, expected):
        raise Unauthenticated("The bearer token is not valid.", fix=_AUTHENTICATION_FIX)
    return OperatorScope(actor="operator")


async def authenticate_operator(context: InContext, credentials: _Credentials) -> OperatorScope:
    """Authenticate the operator by the bearer token."""
    return _authenticate_operator(context, credentials)


async def authenticate_derms(
    context: InContext, request: Request, credentials: _Credentials
) -> DermsScope | OperatorScope:
    """Authenticate the DERMS by its signature of exactly these bytes, or an operator by the bearer token."""
    if credentials is not None:
        return _authenticate_operator(context, credentials)
    verify_signature(context.derms_secret, request.headers, await request.body(), datetime.now(UTC))
    return DermsScope(actor="derms")


async def authenticate_head_end(
    context: InContext, request: Request, credentials: _Credentials
) -> HeadEndScope | OperatorScope:
    """Authenticate a head-end by its signature of exactly these bytes, or an operator by the bearer token."""
    if credentials is not None:
        return _authenticate_operator(context, credentials)
    verify_signature(context.head_end_secret, request.headers, await request.body(), datetime.now(UTC))
    return HeadEndScope(actor="head-end")


AsOperator = Annotated[OperatorScope, Depends(authenticate_operator)]
AsDerms = Annotated[DermsScope | OperatorScope, Depends(authenticate_derms)]
AsHeadEnd = Annotated[HeadEndScope | OperatorScope, Depends(authenticate_head_end)]
