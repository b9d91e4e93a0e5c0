/** How much wider calls are spaced than the limit asks for, in a second. */
const SLACK_MS = 25
/** A permit is granted at most this long ahead: after a stop, no worker sends for longer. */
const AHEAD_MS = 200

/**
 * Permits of an account to send calls, by the clock of the database: several in one statement, evenly spaced. Any L + 1 of
 * them span 25 ms more than a second. A worker may be 30 ms late, so a sliding second has at most one call more than L. They need not
 * survive a crash of the server, so nothing waits for a sync.
 */
export const permitFunction = `
CREATE FUNCTION take_permits(
  own text, wanted integer, unused integer,
  OUT granted integer, OUT first_in_ms double precision, OUT step_ms double precision,
  OUT wait_ms double precision, OUT why text
) LANGUAGE plpgsql AS $$
DECLARE
  a accounts;
  f fleet;
  t timestamptz;
  today date;
  base timestamptz;
  step interval;
BEGIN
  SET LOCAL synchronous_commit = off;
  SELECT * INTO f FROM fleet;
  SELECT * INTO a FROM accounts WHERE account = own FOR UPDATE;
  t := clock_timestamp();
  granted := 0; first_in_ms := 0; step_ms := 0; wait_ms := 0;
  today := (t AT TIME ZONE f.time_zone)::date;
  IF a.day IS DISTINCT FROM today THEN a.taken := 0; unused := 0; END IF;
  a.taken := greatest(0, a.taken - unused);
  IF f.stopped_at IS NOT NULL THEN
    why := 'fleet';
  ELSIF a.stopped_at IS NOT NULL AND (a.resumes_at IS NULL OR a.resumes_at > t) THEN
    why := 'account';
  ELSE
    step := make_interval(secs => CASE WHEN a.per_second IS NULL THEN 0 ELSE ${1 + SLACK_MS / 1000} / a.per_second END);
    base := greatest(a.next_at, t);
    wait_ms := greatest(0, extract(epoch FROM base - t) * 1000 - ${AHEAD_MS});
    IF wait_ms = 0 THEN
      granted := CASE WHEN a.per_second IS NULL THEN wanted
        ELSE least(wanted, 1 + floor(extract(epoch FROM t + interval '${AHEAD_MS} milliseconds' - base) / extract(epoch FROM step))) END;
      IF a.day_calls IS NOT NULL AND a.taken + granted > a.day_calls THEN
        granted := greatest(0, a.day_calls - a.taken);
        IF granted = 0 THEN why := 'day'; END IF;
      END IF;
      first_in_ms := extract(epoch FROM base - t) * 1000;
      step_ms := extract(epoch FROM step) * 1000;
      IF granted > 0 THEN a.next_at := base + granted * step; END IF;
    END IF;
  END IF;
  UPDATE accounts SET next_at = a.next_at, day = today, taken = a.taken + granted WHERE account = own;
END $$;`
