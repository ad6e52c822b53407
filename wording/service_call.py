"""What happens on a service call, as a person says it."""

TIMELINE_SENTENCES: dict[str, str] = {
    "svc:open": "Service call opened",
    "svc:troubleshooting": "Being looked at",
    "svc:action_chosen": "Decided what shall be done",
    "svc:remote_action": "The head-end was asked to act on the device",
    "svc:work_requested": "A visit is wanted",
    "svc:awaiting_site_visit": "A technician will visit",
    "svc:resolved": "Resolved",
    "svc:replaced": "Device replaced",
    "svc:device_replaced": "Another device hangs in its place",
    "svc:closed": "Service call closed",
    "svc:cancelled": "Service call taken back",
    "svc:needs_attention": "Stuck; needs attention",
    "svc:flow_started_again": "Its flow was started again",
    "dev:faulty": "Device marked faulty",
    "dev:retired": "Device retired",
}
