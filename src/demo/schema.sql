-- The demo council's case-management database, shaped as suppliers shape theirs: internal numbers join the tables,
-- local codes stand in the columns, and one module (reviews) came from an older system and keeps its dates as text.

CREATE TABLE code_lookup (          -- every pick list of the system, with what its users see
    list_name   TEXT NOT NULL,
    code        TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (list_name, code)
) WITHOUT ROWID;

CREATE TABLE team (
    team_id INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
);

CREATE TABLE gp_practice (
    practice_code TEXT PRIMARY KEY,
    practice_name TEXT NOT NULL
);

CREATE TABLE person (
    person_id      INTEGER PRIMARY KEY,  -- internal: never leaves the system
    case_no        TEXT,                 -- what workers and letters call the person
    nhs_no         TEXT,
    forename       TEXT,
    surname        TEXT,
    gender_cd      TEXT,
    ethnic_cd      TEXT,
    dob            TEXT,                 -- yyyy-mm-dd
    dod            TEXT,                 -- yyyy-mm-dd
    gp_practice_cd TEXT,
    main_need_cd   TEXT,
    unpaid_carer   TEXT                  -- added by the supplier in the national wording: Yes, No, Unknown
);

CREATE TABLE address (
    address_id INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES person,
    line_1     TEXT,
    postcode   TEXT,
    accom_cd   TEXT,
    from_dt    TEXT NOT NULL,            -- yyyy-mm-dd
    to_dt      TEXT
);
CREATE INDEX address_person ON address (person_id);

CREATE TABLE health_profile (            -- filled for clients
    person_id  INTEGER PRIMARY KEY REFERENCES person,
    asd_cd     TEXT,
    vision_cd  TEXT,
    hearing_cd TEXT,
    dementia_cd TEXT
);

CREATE TABLE employment (
    employment_id INTEGER PRIMARY KEY,
    person_id     INTEGER NOT NULL REFERENCES person,
    status_cd     TEXT,
    from_dt       TEXT NOT NULL          -- yyyy-mm-dd
);
CREATE INDEX employment_person ON employment (person_id);

CREATE TABLE financial_position (        -- result of the latest means test
    person_id  INTEGER PRIMARY KEY REFERENCES person,
    funding_cd TEXT
);

CREATE TABLE carer_profile (
    person_id        INTEGER PRIMARY KEY REFERENCES person,
    hours_cd         TEXT,
    adults_cared_for TEXT
);

CREATE TABLE relationship (
    relationship_id   INTEGER PRIMARY KEY,
    person_id         INTEGER NOT NULL REFERENCES person,
    type_cd           TEXT NOT NULL,     -- CARER: person_id cares for related_person_id; NOK: next of kin
    related_person_id INTEGER NOT NULL REFERENCES person,
    from_dt           TEXT NOT NULL,     -- yyyy-mm-dd
    to_dt             TEXT
);
CREATE INDEX relationship_person ON relationship (person_id, type_cd);

CREATE TABLE contact (
    contact_id      INTEGER PRIMARY KEY,
    contact_ref     TEXT NOT NULL UNIQUE,
    person_id       INTEGER NOT NULL REFERENCES person,
    role_cd         TEXT NOT NULL,       -- CL client, CA unpaid carer
    contact_type_cd TEXT NOT NULL,
    received_dt     TEXT,                -- yyyy-mm-dd hh:mi:ss
    closed_dt       TEXT,
    route_cd        TEXT,
    summary         TEXT,
    hours_caring_cd TEXT,                -- asked of carers on the contact form
    outcome_cd      TEXT,
    status_cd       TEXT NOT NULL,       -- OPEN, COMP, CANC, RIE
    team_id         INTEGER REFERENCES team
);
CREATE INDEX contact_person ON contact (person_id);

CREATE TABLE assessment (
    assessment_id  INTEGER PRIMARY KEY,
    assessment_ref TEXT NOT NULL UNIQUE,
    person_id      INTEGER NOT NULL REFERENCES person,
    role_cd        TEXT NOT NULL,
    form_cd        TEXT,
    started_dt     TEXT,                 -- yyyy-mm-dd hh:mi:ss
    completed_dt   TEXT,
    method_cd      TEXT,
    eligible_cd    TEXT,
    outcome_cd     TEXT,
    notes          TEXT,
    status_cd      TEXT NOT NULL,
    team_id        INTEGER REFERENCES team
);
CREATE INDEX assessment_person ON assessment (person_id);

CREATE TABLE provider (
    provider_id     INTEGER PRIMARY KEY,
    location_name   TEXT NOT NULL,
    cqc_location_id TEXT                 -- registered provision only
);

CREATE TABLE service_catalogue (
    service_cd   TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    type_cd      TEXT,
    component_cd TEXT
);

CREATE TABLE care_package (
    package_id INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES person,
    role_cd    TEXT NOT NULL,
    opened_on  TEXT                      -- yyyy-mm-dd
);
CREATE INDEX care_package_person ON care_package (person_id);

CREATE TABLE package_line (
    line_id        INTEGER PRIMARY KEY,
    line_ref       TEXT NOT NULL UNIQUE,
    package_id     INTEGER NOT NULL REFERENCES care_package,
    service_cd     TEXT REFERENCES service_catalogue,
    provider_id    INTEGER REFERENCES provider,
    start_dt       TEXT,                 -- yyyy-mm-dd hh:mi:ss
    end_dt         TEXT,
    end_reason_cd  TEXT,
    delivery_cd    TEXT,
    funding_cd     TEXT,                 -- as agreed with the client when the line was bought
    variation      TEXT,
    unit_cost      TEXT,                 -- pounds, two decimals
    cost_unit_cd   TEXT,
    units_per_week TEXT,
    status_cd      TEXT NOT NULL
);

CREATE TABLE review (                    -- brought over from the system before this one: dates are dd/mm/yyyy text
    review_id        INTEGER PRIMARY KEY,
    review_ref       TEXT NOT NULL UNIQUE,
    person_id        INTEGER NOT NULL REFERENCES person,
    role_cd          TEXT NOT NULL,
    due_reason_cd    TEXT,
    review_started   TEXT,
    review_completed TEXT,
    method_cd        TEXT,
    outcomes_met     TEXT,               -- Fully Met, Partially Met, Not Met: typed, not picked
    outcome_cd       TEXT,
    notes            TEXT,
    status_cd        TEXT NOT NULL,
    team_id          INTEGER REFERENCES team
);
CREATE INDEX review_person ON review (person_id);

-- The supplier's reporting view: for each carer, the first three adults cared for.
CREATE VIEW rpt_carer_link AS
SELECT person_id,
       MIN(relationship_id) AS relationship_id,
       MAX(CASE nth WHEN 1 THEN case_no END) AS adult_1,
       MAX(CASE nth WHEN 2 THEN case_no END) AS adult_2,
       MAX(CASE nth WHEN 3 THEN case_no END) AS adult_3
FROM (
    SELECT r.person_id, r.relationship_id, cared_for.case_no,
           ROW_NUMBER() OVER (PARTITION BY r.person_id ORDER BY r.relationship_id) AS nth
    FROM relationship r
    JOIN person cared_for ON cared_for.person_id = r.related_person_id
    WHERE r.type_cd = 'CARER' AND r.to_dt IS NULL
)
GROUP BY person_id;
