"""The tables of the head-end simulator's store: requests, and the devices whose state was set."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    device_key TEXT NOT NULL,
    asked TEXT NOT NULL CHECK (asked IN ('status_check', 'ping', 'restart', 'reset')),
    content_hash BLOB NOT NULL,
    serial_number TEXT NOT NULL,
    received_at TEXT NOT NULL,
    due REAL NOT NULL,
    times_received INTEGER NOT NULL DEFAULT 1,
    answer BLOB,
    callback TEXT NOT NULL DEFAULT 'none'
        CHECK (callback IN ('none', 'waiting', 'delivered', 'lost', 'undeliverable')),
    callbacks_sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS requests_unanswered ON requests (due) WHERE answer IS NULL;
CREATE INDEX IF NOT EXISTS requests_waiting ON requests (number) WHERE callback = 'waiting';

CREATE TABLE IF NOT EXISTS devices (
    device_key TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('online', 'offline', 'hung', 'broken', 'silent', 'unknown'))
) WITHOUT ROWID;
"""
