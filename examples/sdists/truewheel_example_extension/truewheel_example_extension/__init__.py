"""Says where its C source lay when it was compiled."""

from ._where import where

__all__ = ["where"]
