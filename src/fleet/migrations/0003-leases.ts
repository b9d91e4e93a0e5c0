/** Each session has the lease that its own worker was given. The calls of a collection are read in the order of their sending. */
export const leaseColumn = `
ALTER TABLE sessions ADD COLUMN lease_ms bigint NOT NULL DEFAULT 30000;
CREATE INDEX intents_collected ON intents (collected_by, sent_at, session_no, seq) WHERE collected_by IS NOT NULL;`
