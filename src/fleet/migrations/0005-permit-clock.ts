import { permitFunction } from './0002-permits.js'

/**
 * The grant says when it was made, in milliseconds since 1970 by the clock of the database: a worker that reads it late must
 * not take its permits for new ones.
 */
export const permitClock = `
DROP FUNCTION take_permits;
${permitFunction
  .replace('OUT why text', 'OUT why text, OUT now_ms double precision')
  .replace('t := clock_timestamp();', 't := clock_timestamp();\n  now_ms := extract(epoch FROM t) * 1000;')}`
