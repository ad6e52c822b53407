"""The bodies of the shipment endpoints."""

from models.requests.shipment import SelfInstallation


class InstallationConfirmationRequest(SelfInstallation):
    """The confirmation that the customer has installed the shipped device."""
