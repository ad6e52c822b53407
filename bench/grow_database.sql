-- Fills the tables as years of use would, in realistic proportions. bench/grow_database.py runs it step by step.
-- :count is the number of customers. Each customer's k, from 0 to 999, decides their state. Ids sort by time, as real ones do.

-- step: people
CREATE FUNCTION pg_temp.letter(value bigint, place int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substr('0123456789abcdefghjkmnpqrstvwxyz', ((value >> (5 * place)) & 31)::int + 1, 1)
$$;
CREATE FUNCTION pg_temp.five(value bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.letter(value, 4) || pg_temp.letter(value, 3) || pg_temp.letter(value, 2) || pg_temp.letter(value, 1)
        || pg_temp.letter(value, 0)
$$;
CREATE TEMP TABLE programs AS
    SELECT row_number() OVER (ORDER BY position) AS number, program ->> 'code' AS code,
        coalesce(program ->> 'conflict_group', program ->> 'code') AS exclusion, version
    FROM (SELECT version, content FROM catalog_version ORDER BY version DESC LIMIT 1) newest,
        jsonb_array_elements(content -> 'programs') WITH ORDINALITY AS listed(program, position);
CREATE TEMP TABLE person AS
    SELECT n, k, at, pg_temp.five(ms >> 25) || pg_temp.five(ms) || 'e00800' || pg_temp.five(n >> 25) || pg_temp.five(n) AS tail,
        lpad(n::text, 8, '0') AS number,
        CASE WHEN k < 2 THEN 'submitted' WHEN k < 3 THEN 'validating' WHEN k < 6 THEN 'waitlisted'
            WHEN k < 7 THEN 'awaiting_approval' WHEN k < 8 THEN 'accepted' WHEN k < 9 THEN 'device_setup'
            WHEN k < 13 THEN 'awaiting_site_visit' WHEN k < 14 THEN 'completing' WHEN k < 17 THEN 'needs_attention'
            WHEN k < 42 THEN 'rejected' WHEN k < 52 THEN 'cancelled' WHEN k < 57 THEN 'expired' ELSE 'enrolled' END AS state,
        CASE WHEN k BETWEEN 7 AND 13 THEN 'pending' WHEN k < 57 THEN NULL WHEN k < 87 THEN 'ended' WHEN k < 90 THEN 'ending'
            WHEN k < 92 THEN 'suspended' ELSE 'active' END AS subscription_state,
        CASE WHEN k < 92 THEN NULL WHEN k BETWEEN 100 AND 104 THEN 'pending' WHEN k BETWEEN 105 AND 106 THEN 'sending'
            WHEN k BETWEEN 107 AND 109 THEN 'awaiting_acknowledgement' WHEN k BETWEEN 110 AND 112 THEN 'error'
            WHEN k = 113 THEN 'cancelled' WHEN k = 114 THEN 'discarded' END AS unsettled,
        -- Open work was changed within the last two days, finished work when it happened.
        now() - (n % 2880) * interval '1 minute' AS lately,
        CASE WHEN n % 5000 = 78 THEN (SELECT max(number) FROM programs) WHEN n % 100 < 80 THEN 1
            ELSE 1 + n % ((SELECT count(*) FROM programs) - 1) END AS program_number
    FROM (
        SELECT n, (n::bigint * 7919 % 1000)::int AS k, at, (extract(epoch FROM at) * 1000)::bigint AS ms
        FROM generate_series(1, :count) n, LATERAL (SELECT now() - interval '700 days' + n * (interval '690 days' / :count) AS at)
        OFFSET 0
    ) counted;
CREATE INDEX ON person (k);
ANALYZE person;
CREATE TEMP TABLE participant AS
    SELECT person.*, programs.code AS program, exclusion, version FROM person JOIN programs ON programs.number = program_number
    ORDER BY n;
CREATE INDEX ON participant (k);
ANALYZE participant;

-- step: customer
INSERT INTO customer (id, cis_person_id, name, email, phone, language, created_at, updated_at)
SELECT 'cus_' || tail, 'M-PER-' || number,
    (ARRAY['Ada','Ben','Carla','Dan','Eva','Finn','Gina','Hal','Ida','Jon','Kim','Lea','Max','Nora','Otto','Pia'])[1 + n % 16]
        || ' ' || (ARRAY['Abbott','Baker','Chen','Diaz','Evans','Fox','Garcia','Hansen','Ito','Jones','Kowalski','Lopez','Meyer'])[1 + n % 13]
        || ' ' || number,
    'm' || number || '@example.com', '+1319' || lpad((n % 10000000)::text, 7, '0'), 'en', at, at FROM person;

-- step: account
INSERT INTO account SELECT 'M-ACC-' || number, 'cus_' || tail, CASE WHEN k = 999 THEN 'closed' ELSE 'active' END FROM person;

-- step: premise
INSERT INTO premise (cis_premise_id, address_line_1, city, region, postal_code, country, time_zone, premise_type, owner_occupied)
SELECT 'M-PRE-' || number, 1 + n % 9000 || ' ' || (ARRAY['Cedar','Mill','Orchard','Bluff','Harmon','Oak','Elm'])[1 + n % 7] || ' St',
    (ARRAY['Cedar Falls','Marion','Hiawatha','Solon','Anamosa'])[1 + n % 5], 'IA', (52000 + n % 800)::text, 'US',
    'America/Chicago', CASE WHEN n % 4 = 0 THEN 'apartment' ELSE 'single_family' END, n % 4 <> 0 FROM person;

-- step: service_point
INSERT INTO service_point
SELECT 'M-SP-' || number, 'M-PRE-' || number, 'M-ACC-' || number, 'residential', 'R-1', 'ami', 1, 'F-' || n % 400, 'T-' || n % 40000,
    (ARRAY['CEDAR','MILL','ORCHARD','BLUFFS','HARMON'])[1 + n % 5], 41.5 + n % 1000 / 1000.0, -91.5 - n % 997 / 1000.0, false,
    DATE '2020-01-01', CASE WHEN k = 998 THEN current_date - 30 END FROM person;

-- step: enrollment
INSERT INTO enrollment (id, requester, transaction_id, idempotency_key, content_hash, channel, customer_id, account, service_point,
    program, catalog_version, installation_method, asset_ownership, start_at, application, state, resume_state, reason, decision,
    needed_devices, needed_kw, submitted_at, updated_at, waitlisted_at, version)
SELECT 'enr_' || tail, 'million', 'M-' || number, NULL, md5(number), CASE WHEN n % 3 = 0 THEN 'aggregator_api' ELSE 'csr' END,
    'cus_' || tail, 'M-ACC-' || number, 'M-SP-' || number, program, version, 'bring_your_own', 'customer_owned', at,
    jsonb_build_object('transaction_id', 'M-' || number, 'account', 'M-ACC-' || number, 'service_point', 'M-SP-' || number,
        'program', program, 'installation_method', 'bring_your_own', 'asset_ownership', 'customer_owned', 'start_date', NULL,
        'devices', jsonb_build_array(jsonb_build_object('specification', 'ecobee-premium', 'serial_number', 'M' || number)),
        'terms', jsonb_build_object('version', '2026-01', 'accepted_by', 'million', 'accepted_at', at),
        'answers', '{}'::jsonb, 'work_order', NULL),
    state, CASE WHEN state = 'needs_attention' THEN 'validating' END,
    CASE WHEN state IN ('needs_attention', 'cancelled', 'expired') THEN 'Made to be looked at.' END,
    CASE WHEN k >= 3 THEN jsonb_build_object('outcome', CASE WHEN state IN ('rejected', 'waitlisted') THEN state ELSE 'accepted' END,
        'decided_at', at, 'findings', jsonb_build_array(jsonb_build_object('rule', 'CAP_FULL', 'verdict',
            CASE WHEN state = 'rejected' THEN 'failed' WHEN state = 'waitlisted' THEN 'wait' ELSE 'passed' END,
            'reason', 'The program has a place for this.', 'fix', '', 'pointers', '[]'::jsonb))) END,
    1, 3.5, at, CASE WHEN k < 17 THEN lately ELSE at END, CASE WHEN state = 'waitlisted' THEN at END, 3 FROM participant;

-- step: program_subscription
INSERT INTO program_subscription
SELECT 'sub_' || tail, 'M-SUB-' || number, 'enr_' || tail, program, exclusion, 'cus_' || tail, 'M-ACC-' || number, 'M-SP-' || number,
    subscription_state, at, CASE WHEN subscription_state = 'ended' THEN at + interval '5 days' END
FROM participant WHERE subscription_state IS NOT NULL;

-- step: device
INSERT INTO device
SELECT 'dev_' || tail, 'ecobee', 'ecobee', 'Smart Thermostat Premium', 'M' || number, 'M' || number, NULL, NULL, 'ecobee-premium',
    'thermostat', 'ecobee-cloud', 'customer_owned', 3.5, NULL, 'cus_' || tail,
    CASE subscription_state WHEN 'pending' THEN 'new' WHEN 'ended' THEN 'installed' ELSE 'enrolled' END
FROM participant WHERE subscription_state IS NOT NULL;

-- step: device_location
INSERT INTO device_location
SELECT 'loc_' || tail, 'M-SP-' || number, 'living_room', 1 FROM participant WHERE subscription_state <> 'pending';

-- step: device_installation
INSERT INTO device_installation
SELECT 'ins_' || tail, 'dev_' || tail, 'loc_' || tail, at, 'million', NULL FROM participant WHERE subscription_state <> 'pending';

-- step: subscription_device
INSERT INTO subscription_device
SELECT 'sub_' || tail, 'dev_' || tail, exclusion,
    CASE WHEN subscription_state = 'pending' THEN 'proposed' WHEN subscription_state = 'ended' THEN 'kept'
        WHEN subscription_state = 'ending' THEN 'removing' WHEN unsettled IN ('error', 'cancelled') THEN 'registration_failed'
        WHEN unsettled IS NOT NULL THEN 'registering' ELSE 'registered' END, '', NULL, NULL
FROM participant WHERE subscription_state IS NOT NULL;

-- step: sync_request
INSERT INTO sync_request
    (id, kind, subscription_id, sequence, enrollment_id, journey, workflow_id, program, state, revision, endpoint, snapshot,
    snapshot_hash, held, note, attempts, error_code, error_text, acknowledgement, acknowledged_at, created_at, updated_at)
SELECT 'syn_' || id_tail, kind, 'sub_' || tail, sequence, 'enr_' || tail,
    CASE kind WHEN 'unenroll' THEN 'unr_' ELSE 'enr_' END || tail,
    CASE kind WHEN 'unenroll' THEN 'unenroll/unr_' ELSE 'enroll/enr_' END || tail, program, told.state, 1, '',
    jsonb_build_object('sent_at', at, 'kind', kind, 'transaction_id', 'M-' || number, 'sequence', sequence,
        'customer', jsonb_build_object('cis_person_id', 'M-PER-' || number, 'cis_account_id', 'M-ACC-' || number,
            'name', 'Customer ' || number, 'email', NULL, 'phone', NULL),
        'location', jsonb_build_object('cis_premise_id', 'M-PRE-' || number, 'cis_service_point_id', 'M-SP-' || number,
            'feeder', 'F-' || n % 400, 'transformer', NULL, 'substation', 'CEDAR', 'latitude', NULL, 'longitude', NULL,
            'time_zone', 'America/Chicago'),
        'program', jsonb_build_object('code', program),
        'subscription', jsonb_build_object('number', 'M-SUB-' || number, 'start', at, 'end', NULL),
        'devices', jsonb_build_array(jsonb_build_object('device_id', 'dev_' || tail, 'asset_type', 'thermostat',
            'specification', 'ecobee-premium', 'manufacturer', 'ecobee', 'model', 'Smart Thermostat Premium',
            'serial_number', 'M' || number, 'nic_id', NULL, 'badge_number', NULL, 'ownership', 'customer_owned',
            'head_end', 'ecobee-cloud', 'rated_kw', '3.500', 'capacity_kwh', NULL, 'state', 'enrolled', 'replaced_by', NULL))),
    md5(id_tail), told.state = 'pending' AND k IN (103, 104), NULL,
    CASE WHEN told.state IN ('pending', 'discarded') THEN 0 ELSE 1 END,
    CASE WHEN told.state = 'error' THEN CASE WHEN n % 50 = 0 THEN 'unknown-feeder' ELSE 'derms-unavailable' END END,
    CASE WHEN told.state = 'error' THEN 'Made to be looked at.' END,
    CASE WHEN told.state = 'synchronized' THEN jsonb_build_object('message_id', 'ack-' || id_tail, 'outcome', 'ok') END,
    CASE WHEN told.state = 'synchronized' THEN at + interval '2 seconds' END, at,
    CASE WHEN told.state IN ('synchronized', 'discarded', 'cancelled') THEN at ELSE lately END
FROM participant CROSS JOIN LATERAL (
    SELECT tail AS id_tail, 'enroll' AS kind, 1 AS sequence, coalesce(unsettled, 'synchronized') AS state
    WHERE subscription_state <> 'pending'
    UNION ALL
    SELECT left(tail, 13) || '9' || right(tail, 12), CASE WHEN k < 90 THEN 'unenroll' ELSE 'update' END, 2,
        CASE WHEN k IN (110, 111) THEN 'pending' WHEN k BETWEEN 87 AND 89 THEN 'awaiting_acknowledgement' ELSE 'synchronized' END
    WHERE subscription_state <> 'pending' AND (k BETWEEN 57 AND 89 OR k IN (110, 111) OR k BETWEEN 120 AND 199)
) told;

-- step: inbox_message
INSERT INTO inbox_message
SELECT 'ack-' || right(id, 26), id, jsonb_build_object('message_id', 'ack-' || right(id, 26), 'sync_request_id', id, 'outcome', 'ok'),
    acknowledged_at, 'recorded' FROM sync_request WHERE state = 'synchronized' AND subscription_id IN (SELECT 'sub_' || tail FROM person);

-- step: unenrollment
INSERT INTO unenrollment (id, requester, transaction_id, idempotency_key, content_hash, cis_said, channel, subscription_id,
    enrollment_id, customer_id, account, program, catalog_version, reason_code, effective_at, application, decision, devices, whole,
    state, resume_state, reason, submitted_at, updated_at, version)
SELECT 'unr_' || tail, CASE WHEN n % 2 = 0 THEN 'cis' ELSE 'million' END, 'M-U-' || number, NULL, md5(number), NULL, 'csr',
    'sub_' || tail, 'enr_' || tail, 'cus_' || tail, 'M-ACC-' || number, program, version, 'moving', at + interval '5 days',
    jsonb_build_object('subscription', 'sub_' || tail, 'reason', NULL, 'effective_date', NULL, 'devices', '[]'::jsonb, 'note', NULL),
    NULL, jsonb_build_array(jsonb_build_object('device', 'dev_' || tail, 'method', 'keep', 'left', k < 87, 'ended', NULL,
        'attention', NULL, 'work_order', NULL)),
    true, CASE WHEN k < 87 THEN 'unenrolled' WHEN k < 90 THEN 'removing' WHEN k = 115 THEN 'awaiting_approval'
        WHEN k = 116 THEN 'scheduled' WHEN k = 117 THEN 'needs_attention' WHEN k = 118 THEN 'recovery_pending'
        WHEN k = 119 THEN 'rejected' ELSE 'cancelled' END,
    CASE WHEN k = 117 THEN 'scheduled' END, CASE WHEN k = 117 THEN 'Made to be looked at.' END, at + interval '4 days',
    CASE WHEN k < 87 OR k > 118 THEN at + interval '5 days' ELSE lately END, 3
FROM participant WHERE k BETWEEN 57 AND 89 OR k BETWEEN 115 AND 120;

-- step: service_call
INSERT INTO service_call (id, requester, transaction_id, idempotency_key, content_hash, channel, subscription_id, device_id,
    enrollment_id, customer_id, account, program, catalog_version, application, action, state, resume_state, reason, outcome,
    replaced_by, submitted_at, updated_at, version)
SELECT 'svc_' || tail, 'million', 'M-S-' || number, NULL, md5(number), 'csr', 'sub_' || tail, 'dev_' || tail, 'enr_' || tail,
    'cus_' || tail, 'M-ACC-' || number, program, version,
    jsonb_build_object('problem', jsonb_build_object('code', 'offline', 'text', NULL), 'steps_tried', '[]'::jsonb), NULL,
    CASE k WHEN 200 THEN 'open' WHEN 201 THEN 'troubleshooting' WHEN 202 THEN 'work_requested' WHEN 203 THEN 'awaiting_site_visit'
        WHEN 204 THEN 'resolved' WHEN 205 THEN 'replaced' WHEN 209 THEN 'needs_attention' WHEN 208 THEN 'cancelled' ELSE 'closed' END,
    CASE k WHEN 209 THEN 'troubleshooting' END, CASE k WHEN 209 THEN 'Made to be looked at.' END, NULL, NULL,
    at + interval '3 days', CASE WHEN k BETWEEN 206 AND 208 THEN at + interval '4 days' ELSE lately END, 3
FROM participant WHERE k BETWEEN 200 AND 209;

-- step: work_order
INSERT INTO work_order (id, number, kind, journey, workflow_id, enrollment_id, subscription_id, device_id, program, catalog_version,
    customer_id, service_point, ownership, priority, reason, technician, state, attempt, maximum_attempts, outcome, reminders,
    escalated_at, created_at, updated_at, version)
SELECT 'wo_' || tail, 'M-WO-' || number, CASE k WHEN 203 THEN 'troubleshoot' ELSE 'install' END,
    CASE k WHEN 203 THEN 'svc_' ELSE 'enr_' END || tail, CASE k WHEN 203 THEN 'service-call/svc_' ELSE 'enroll/enr_' END || tail,
    'enr_' || tail, 'sub_' || tail, 'dev_' || tail, program, version, 'cus_' || tail, 'M-SP-' || number, 'customer_owned', 'normal',
    'A device is to be seen to.', CASE WHEN k <> 9 THEN 'T-' || n / 1000 % 40 END,
    CASE k WHEN 9 THEN 'created' WHEN 10 THEN 'dispatched' WHEN 11 THEN 'scheduled' WHEN 12 THEN 'dispatched' WHEN 203 THEN 'scheduled'
        WHEN 229 THEN 'cancelled' ELSE 'completed' END,
    1, 3, CASE WHEN k BETWEEN 210 AND 228 THEN 'completed_as_ordered' END, CASE k WHEN 12 THEN 2 ELSE 0 END,
    CASE k WHEN 12 THEN lately END, at, CASE WHEN k < 204 THEN lately ELSE at END, 2
FROM participant WHERE k BETWEEN 9 AND 12 OR k = 203 OR k BETWEEN 210 AND 229;

-- step: work_order_completion
INSERT INTO work_order_completion
SELECT 'done-' || id, id, 1, 'completed_as_ordered', jsonb_build_object('outcome', 'completed_as_ordered'), md5(id), updated_at, 'taken'
FROM work_order WHERE number LIKE 'M-WO-%' AND state = 'completed';

-- step: device_shipment
INSERT INTO device_shipment (id, number, journey, workflow_id, enrollment_id, subscription_id, customer_id, service_point, program,
    catalog_version, state, carrier, confirmation, reminders, escalated_at, created_at, updated_at, version)
SELECT 'shp_' || tail, 'M-SHP-' || number, 'enr_' || tail, 'enroll/enr_' || tail, 'enr_' || tail, 'sub_' || tail, 'cus_' || tail,
    'M-SP-' || number, program, version,
    (ARRAY['ordered','shipped','delivered','confirmed','cancelled','expired','returned'])[1 + k % 7], 'Parcel Co',
    CASE WHEN k % 7 = 3 THEN jsonb_build_object('confirmed_by', 'million') END, 0, CASE k % 7 WHEN 1 THEN lately END, at, lately, 2
FROM participant WHERE k BETWEEN 230 AND 236;

-- step: head_end_request
INSERT INTO head_end_request (id, kind, journey, workflow_id, enrollment_id, head_end, manufacturer, serial_number, device_key, state,
    outcome, created_at, updated_at)
SELECT 'her_' || tail, 'status_check', 'enr_' || tail, 'enroll/enr_' || tail, 'enr_' || tail, 'ecobee-cloud', 'ecobee', 'M' || number,
    'M' || number || '/ecobee', CASE k WHEN 260 THEN 'asked' ELSE 'answered' END, CASE k WHEN 260 THEN NULL ELSE 'online' END, at, at
FROM participant WHERE k BETWEEN 260 AND 279;

-- step: process_flow
INSERT INTO process_flow (id, flow_type, service_task_type, catalog_version, customer_id, subscription_id, channel, started_by,
    panel_values, current_panel, state, result_id, expires_at, created_at, updated_at, version)
SELECT 'pf_' || tail, 'enroll', 'enroll-own-device', version, 'cus_' || tail, NULL, 'csr', 'million', '{}', 'program',
    CASE WHEN k < 302 THEN 'draft' WHEN k = 302 THEN 'cancelled' WHEN k = 303 THEN 'expired' ELSE 'submitted' END,
    CASE WHEN k > 303 THEN 'enr_' || tail END, now() + interval '10 days' - (k = 301)::int * interval '20 days', at, at, 2
FROM participant WHERE k BETWEEN 300 AND 399;

-- step: batch_run
INSERT INTO batch_run (id, name, workflow_id, started_by, idempotency_key, state, page, step, cursor, counts, findings, reason,
    started_at, updated_at, finished_at)
SELECT 'bat_' || tail, CASE WHEN k % 40 = 3 THEN 'initial-load' WHEN k % 40 = 13 THEN 'reconciliation' ELSE 'sync-request-monitor' END,
    'batch/made/bat_' || tail, 'batch', NULL, 'completed', 6, NULL, '', '{}', '[]', NULL, at, at, at
FROM person WHERE k % 10 = 3;

-- step: audit_entry
INSERT INTO audit_entry (at, actor, role, subject, journey, action, before, after, reason, details)
SELECT at + step * interval '1 second', 'million', 'operator', prefix || tail, 'enr_' || tail, action, before, after, '', NULL
FROM participant CROSS JOIN LATERAL (VALUES
    (1, 'enr_', 'enr:submitted', NULL, 'submitted'), (2, 'enr_', 'enr:validating', 'submitted', 'validating'),
    (3, 'enr_', 'enr:' || state, 'validating', state), (4, 'syn_', 'syn:synchronized', 'sending', 'synchronized')
) AS happened(step, prefix, action, before, after)
WHERE step < 4 OR (subscription_state <> 'pending' AND unsettled IS NULL) ORDER BY n, step;

-- step: program_capacity
-- The programs have room for those who are in and for some more.
UPDATE program_capacity held
SET customers = customers + taken.count, devices = devices + taken.count, kw = kw + taken.count * 3.5,
    maximum_customers = greatest(maximum_customers, customers + taken.count * 2),
    maximum_devices = greatest(maximum_devices, devices + taken.count * 2),
    maximum_kw = greatest(maximum_kw, kw + taken.count * 7)
FROM (
    SELECT program, count(*)::int AS count FROM participant WHERE subscription_state NOT IN ('ended') GROUP BY program
) taken WHERE taken.program = held.program;
