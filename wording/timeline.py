"""Every action of the trail as a person says it. A test holds this against all that the code can write."""

from collections.abc import Mapping

from wording import outbox, service_call, work_order

_ENROLLMENT_SENTENCES: dict[str, str] = {
    "enr:submitted": "Request received",
    "enr:validating": "Checked against the program's rules",
    "enr:rejected": "Not eligible",
    "enr:waitlisted": "Put on the waitlist",
    "enr:awaiting_approval": "Waiting for approval",
    "enr:accepted": "Accepted",
    "enr:device_setup": "Device setup begun",
    "enr:awaiting_site_visit": "A technician will visit",
    "enr:completing": "Device setup done",
    "enr:enrolled": "Enrolled",
    "enr:cancelled": "Cancelled",
    "enr:expired": "Expired",
    "enr:needs_attention": "Stuck; needs attention",
    "enr:flow_started_again": "Its flow was started again",
}
_SUBSCRIPTION_SENTENCES: dict[str, str] = {
    "sub:pending": "Subscription waits for its device",
    "sub:active": "Subscription active",
    "sub:suspended": "Subscription suspended",
    "sub:ending": "Subscription about to end",
    "sub:ended": "Subscription ended",
    "sub:cancelled": "Subscription cancelled",
}
_DEVICE_SENTENCES: dict[str, str] = {
    "dev:installed": "Device in place",
    "dev:enrolled": "Device enrolled",
    "dev:removed": "Device taken down",
    "dev:kept": "Device stays where it is",
    "dev:fetched": "Device taken away",
    "dev:not_deregistered": "Device not let go by the DERMS",
}
_REGISTRATION_SENTENCES: dict[str, str] = {
    "reg:installed": "Device put on the subscription",
    "reg:registering": "Device being registered",
    "reg:registered": "Device registered by the DERMS",
    "reg:registration_failed": "Device not registered by the DERMS",
    "reg:removing": "Device being let go",
    "reg:deregistered": "Device let go by the DERMS",
    "reg:removed": "Device off the subscription, and taken away",
    "reg:kept": "Device off the subscription; it stays where it is",
}
_UNENROLLMENT_SENTENCES: dict[str, str] = {
    "unr:submitted": "Request to leave received",
    "unr:awaiting_approval": "Waiting for approval",
    "unr:approved": "Approved",
    "unr:scheduled": "Waiting for its day",
    "unr:approval_dropped": "Approval no longer needed: the customer moves out",
    "unr:brought_forward": "Brought forward",
    "unr:put_off": "Put off",
    "unr:removing": "Devices being fetched",
    "unr:unenrolled": "Unenrolled",
    "unr:rejected": "Not possible",
    "unr:cancelled": "Taken back",
    "unr:needs_attention": "Stuck; needs attention",
    "unr:recovery_pending": "Left; a device is still to be fetched",
    "unr:reminded": "Reminded of a device that has not come back",
    "unr:escalated": "Escalated: a device has not come back",
    "unr:kept": "A device is to stay where it is",
    "unr:retried": "Tried again",
    "unr:flow_started_again": "Its flow was started again",
}
_SYNC_REQUEST_SENTENCES: dict[str, str] = {
    "syn:pending": "To be told to the DERMS",
    "syn:sending": "Being sent to the DERMS",
    "syn:awaiting_acknowledgement": "Sent to the DERMS",
    "syn:synchronized": "Acknowledged by the DERMS",
    "syn:error": "Not synchronized",
    "syn:cancelled": "Synchronization given up",
    "syn:discarded": "Not told separately to the DERMS",
    "syn:held_up": "Waits for another change in error",
    "syn:released": "Released to be sent to the DERMS",
    "syn:handed_over": "Handed over to a flow of its own",
}
_DEVICE_SETUP_SENTENCES: dict[str, str] = {
    "shp:ordered": "Device to be sent to the customer",
    "shp:shipped": "Device sent",
    "shp:tracked": "Tracking of the parcel told",
    "shp:delivered": "Device delivered",
    "shp:confirmed": "Customer confirmed the installation",
    "shp:cancelled": "Shipment called off",
    "shp:expired": "Nobody confirmed the installation in time",
    "shp:returned": "Device came back",
    "shp:reminded": "Customer reminded of the installation",
    "shp:escalated": "Installation overdue; escalated",
    "shp:unclaimed": "A device was sent that is not needed any more",
    "shp:settled": "What became of the device is settled",
    "her:pending": "Question to the head-end",
    "her:asked": "Head-end asked",
    "her:answered": "Head-end answered",
    "her:given_up": "Head-end not waited for any longer",
}
_BACK_OFFICE_SENTENCES: dict[str, str] = {
    "pf:draft": "Guided request begun",
    "pf:saved": "Guided request saved",
    "pf:renewed": "Guided request taken over to the newest configuration",
    "pf:submitted": "Guided request submitted",
    "pf:finished": "Came from a guided request",
    "pf:cancelled": "Guided request cancelled",
    "pf:expired": "Guided request expired",
    "bat:running": "Batch begun",
    "bat:completed": "Batch done",
    "bat:failed": "Batch failed",
    "catalog:applied": "Configuration put in force",
    "cis:imported": "Customers taken over from the CIS",
}

REVERSAL_SENTENCES: Mapping[tuple[str, str], str] = {
    ("dev:installed", "enrolled"): "Device enrolled no longer",
    ("dev:installed", "faulty"): "Device enrolled no longer",
}
"""Steps that are told otherwise when they lead back from a state."""

TIMELINE_SENTENCES: Mapping[str, str] = {
    **_ENROLLMENT_SENTENCES,
    **_SUBSCRIPTION_SENTENCES,
    **_DEVICE_SENTENCES,
    **_REGISTRATION_SENTENCES,
    **_UNENROLLMENT_SENTENCES,
    **_SYNC_REQUEST_SENTENCES,
    **_DEVICE_SETUP_SENTENCES,
    **_BACK_OFFICE_SENTENCES,
    **work_order.TIMELINE_SENTENCES,
    **outbox.TIMELINE_SENTENCES,
    **service_call.TIMELINE_SENTENCES,
}
