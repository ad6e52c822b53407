"""The tables of the DERMS simulator's store: messages, DERs with their history, and reference data."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    sync_request_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    document BLOB NOT NULL,
    received_at TEXT NOT NULL,
    due REAL NOT NULL,
    times_received INTEGER NOT NULL DEFAULT 1,
    applied INTEGER NOT NULL DEFAULT 0,
    acknowledgement BLOB,
    callback TEXT NOT NULL DEFAULT 'none'
        CHECK (callback IN ('none', 'waiting', 'delivered', 'lost', 'undeliverable')),
    callbacks_sent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_undecided ON messages (due) WHERE acknowledgement IS NULL;
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (number) WHERE callback = 'waiting';

CREATE TABLE IF NOT EXISTS ders (
    number INTEGER PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('enrolled', 'removed')),
    subscription TEXT NOT NULL,
    program TEXT NOT NULL,
    feeder TEXT,
    account TEXT NOT NULL,
    customer TEXT NOT NULL,
    device BLOB NOT NULL,
    terms TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ders_by_device ON ders (device_id);
CREATE INDEX IF NOT EXISTS ders_by_key ON ders (device_key);

CREATE TABLE IF NOT EXISTS der_history (
    der INTEGER NOT NULL REFERENCES ders (number),
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    subscription TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS der_history_by_der ON der_history (der);

CREATE TABLE IF NOT EXISTS subscriptions (
    subscription TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reference (
    kind TEXT PRIMARY KEY,
    known BLOB NOT NULL
) WITHOUT ROWID;
"""
