-- Two filters at once find their claims in one index, also where few claims have both.

ALTER TABLE review_queue_findings ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE review_queue_findings SET kind = (SELECT q.kind FROM review_queue q WHERE q.claim_id = review_queue_findings.claim_id);
CREATE INDEX review_queue_findings_by_kind ON review_queue_findings (finding, kind, due_on, weight, claim_id);
CREATE INDEX review_queue_by_programme_and_kind ON review_queue (programme, kind, due_on, weight, claim_id);
