-- What facilities state that a document says where it was not read rightly (訂正): of drafts, and of what was sent. What was
-- read stays; a stated value is looked at by a person.

CREATE TABLE draft_stated_fields (
    draft_id TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    -- Such as receipt.total_yen.
    field TEXT COLLATE "C" NOT NULL,
    -- As it was typed.
    value TEXT NOT NULL,
    PRIMARY KEY (draft_id, position, field),
    FOREIGN KEY (draft_id, position) REFERENCES draft_documents (draft_id, position)
);

CREATE TABLE stated_fields (
    claim_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    position BIGINT NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (claim_id, revision, position, field),
    FOREIGN KEY (claim_id, revision, position) REFERENCES documents (claim_id, revision, position)
);
