-- Lists of claims (申請の一覧) of a programme, also in one state: in the order of their ids without reading those of other programmes.
CREATE INDEX claims_by_state_and_programme ON claims (state, programme, id);
CREATE INDEX claims_by_programme ON claims (programme, id);
