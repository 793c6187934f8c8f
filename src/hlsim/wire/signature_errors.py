"""Why a signature does not count.

SigningError
├── MalformedActionError         /exchange answers 422 (§1.2)
└── RefusedSignatureError        /exchange answers "err" with the error's text
    ├── UnrecoverableSignatureError
    ├── WrongNetworkError
    ├── NonceMismatchError
    └── ExpiryUnsupportedError
"""


class SigningError(ValueError):
    """The signer of an action cannot be told."""


class MalformedActionError(SigningError):
    """The action has no form that could have been signed."""


class RefusedSignatureError(SigningError):
    """The action is readable, its signature does not count; the text is the wire's."""


class UnrecoverableSignatureError(RefusedSignatureError):
    """No key can have made this signature (§3.4)."""

    def __str__(self) -> str:
        return "Unable to recover signer."


class WrongNetworkError(RefusedSignatureError):
    """A user-signed action is for another network; text as others saw it."""

    def __str__(self) -> str:
        return "Mainnet and testnet require different signature."


class NonceMismatchError(RefusedSignatureError):
    """The nonce in the action is not the envelope's (§3.2); text as others saw it."""

    def __str__(self) -> str:
        return "Nonce mismatch."


class ExpiryUnsupportedError(RefusedSignatureError):
    """A user-signed action came with `expiresAfter` (§3.2); the text is a guess."""

    def __str__(self) -> str:
        return "Action does not support expires_after"
