-- The facility register (医療機関等): what the fund knows of those who may claim.

CREATE TABLE facilities (
    -- 医療機関等コード, 10 digits.
    code TEXT NOT NULL PRIMARY KEY,
    -- What rates and ceilings hang on.
    kind TEXT NOT NULL CONSTRAINT facility_kind CHECK (kind IN ('hospital', 'clinic', 'pharmacy', 'large_chain_pharmacy')),
    -- 名称, as notices address it.
    name TEXT NOT NULL,
    -- 開設者: receipts are often addressed to it.
    founder TEXT NOT NULL,
    -- 郵便番号, 123-4567.
    postal_code TEXT NOT NULL,
    -- 所在地.
    address TEXT NOT NULL,
    -- 経過措置, 1 to 6; null if it is under none.
    measure_number INTEGER CHECK (measure_number BETWEEN 1 AND 6),
    -- The last day on which the measure was in force; null while it goes on.
    measure_ended_on TEXT,
    -- JSON list of programmes that paid it outside this store: they may exclude it from others.
    earlier_grants TEXT NOT NULL,
    -- JSON of the bank account for its grants; null until it is known, and then it cannot be paid.
    account TEXT,
    CONSTRAINT facility_measure CHECK (measure_number IS NOT NULL OR measure_ended_on IS NULL)
) STRICT;
