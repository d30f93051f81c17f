-- Counts that pages show, kept with what they count: a page costs the same at a million claims as at a thousand.

-- How many claims there are, by programme, prefecture and state, and what they were granted.
CREATE TABLE claim_counts (
    programme TEXT COLLATE "C" NOT NULL,
    -- The first two digits of the institution code.
    area TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    claims BIGINT NOT NULL CHECK (claims >= 0),
    granted_yen BIGINT NOT NULL CHECK (granted_yen >= 0),
    PRIMARY KEY (programme, area, state)
);
INSERT INTO claim_counts (programme, area, state, claims, granted_yen)
    SELECT programme, SUBSTR(facility_code, 1, 2), state, COUNT(*), COALESCE(SUM(granted_yen), 0)
    FROM claims GROUP BY 1, 2, 3;

-- How many claims came on a day. Days are counted from 1970-01-01 in Japan.
CREATE TABLE claim_days (
    day BIGINT NOT NULL PRIMARY KEY,
    claims BIGINT NOT NULL CHECK (claims >= 0)
);
INSERT INTO claim_days (day, claims)
    SELECT (submitted_at_ms + 32400000) / 86400000, COUNT(*) FROM claims GROUP BY 1;

-- How many decisions were made on a day, by kind and by the whole hours that they took since their revision was sent.
CREATE TABLE decision_days (
    day BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    hours BIGINT NOT NULL,
    decisions BIGINT NOT NULL CHECK (decisions >= 0),
    PRIMARY KEY (day, kind, hours)
);
INSERT INTO decision_days (day, kind, hours, decisions)
    SELECT (d.decided_at_ms + 32400000) / 86400000, d.kind, (d.decided_at_ms - r.submitted_at_ms) / 3600000, COUNT(*)
    FROM decisions d JOIN claim_revisions r ON r.claim_id = d.claim_id AND r.revision = d.revision GROUP BY 1, 2, 3;

-- What the claims that were returned on a day had among their findings.
CREATE TABLE return_days (
    day BIGINT NOT NULL,
    finding TEXT COLLATE "C" NOT NULL,
    claims BIGINT NOT NULL CHECK (claims >= 0),
    PRIMARY KEY (day, finding)
);
INSERT INTO return_days (day, finding, claims)
    SELECT (d.decided_at_ms + 32400000) / 86400000, f.finding, COUNT(*)
    FROM decisions d JOIN assessment_findings f ON f.claim_id = d.claim_id AND f.revision = d.revision
    WHERE d.kind = 'return' GROUP BY 1, 2;

-- How many payments a batch has, and what they come to.
CREATE TABLE batch_totals (
    batch_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES batches (id),
    payments BIGINT NOT NULL CHECK (payments >= 0),
    total_yen BIGINT NOT NULL CHECK (total_yen >= 0)
);
INSERT INTO batch_totals (batch_id, payments, total_yen)
    SELECT b.id, COUNT(p.claim_id), COALESCE(SUM(p.amount_yen), 0)
    FROM batches b LEFT JOIN payments p ON p.batch_id = b.id GROUP BY b.id;

CREATE FUNCTION claim_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claim_counts (programme, area, state, claims, granted_yen)
        VALUES (NEW.programme, SUBSTR(NEW.facility_code, 1, 2), NEW.state, 1, COALESCE(NEW.granted_yen, 0))
        ON CONFLICT (programme, area, state) DO UPDATE SET claims = claim_counts.claims + 1,
            granted_yen = claim_counts.granted_yen + excluded.granted_yen;
    INSERT INTO claim_days (day, claims) VALUES ((NEW.submitted_at_ms + 32400000) / 86400000, 1)
        ON CONFLICT (day) DO UPDATE SET claims = claim_days.claims + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_counted AFTER INSERT ON claims FOR EACH ROW
    EXECUTE FUNCTION claim_counted();

CREATE FUNCTION claim_counted_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE claim_counts SET claims = claims - 1, granted_yen = granted_yen - COALESCE(OLD.granted_yen, 0)
        WHERE programme = OLD.programme AND area = SUBSTR(OLD.facility_code, 1, 2) AND state = OLD.state;
    INSERT INTO claim_counts (programme, area, state, claims, granted_yen)
        VALUES (NEW.programme, SUBSTR(NEW.facility_code, 1, 2), NEW.state, 1, COALESCE(NEW.granted_yen, 0))
        ON CONFLICT (programme, area, state) DO UPDATE SET claims = claim_counts.claims + 1,
            granted_yen = claim_counts.granted_yen + excluded.granted_yen;
    RETURN NULL;
END $$;
CREATE TRIGGER claim_counted_anew AFTER UPDATE ON claims FOR EACH ROW WHEN (NEW.state <> OLD.state OR NEW.granted_yen IS DISTINCT FROM OLD.granted_yen)
    EXECUTE FUNCTION claim_counted_anew();

CREATE FUNCTION decision_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO decision_days (day, kind, hours, decisions)
        SELECT (NEW.decided_at_ms + 32400000) / 86400000, NEW.kind, (NEW.decided_at_ms - r.submitted_at_ms) / 3600000, 1
        FROM claim_revisions r WHERE r.claim_id = NEW.claim_id AND r.revision = NEW.revision
        ON CONFLICT (day, kind, hours) DO UPDATE SET decisions = decision_days.decisions + 1;
    INSERT INTO return_days (day, finding, claims)
        SELECT (NEW.decided_at_ms + 32400000) / 86400000, f.finding, 1 FROM assessment_findings f
        WHERE f.claim_id = NEW.claim_id AND f.revision = NEW.revision AND NEW.kind = 'return'
        ON CONFLICT (day, finding) DO UPDATE SET claims = return_days.claims + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER decision_counted AFTER INSERT ON decisions FOR EACH ROW
    EXECUTE FUNCTION decision_counted();

CREATE FUNCTION batch_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO batch_totals (batch_id, payments, total_yen) VALUES (NEW.id, 0, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER batch_counted AFTER INSERT ON batches FOR EACH ROW
    EXECUTE FUNCTION batch_counted();

CREATE FUNCTION payment_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE batch_totals SET payments = payments + 1, total_yen = total_yen + NEW.amount_yen
        WHERE batch_id = NEW.batch_id;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_counted AFTER INSERT ON payments FOR EACH ROW
    EXECUTE FUNCTION payment_counted();
