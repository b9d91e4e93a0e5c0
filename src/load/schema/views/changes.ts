import type { Pipeline } from '../../../model/pipeline.js'
import { localDayOf, ofRole, utc, type ViewDefinition } from '../definition.js'

/** What creators changed about themselves, newest first where a tool keeps the order. */
export function changes(pipeline: Pipeline): ViewDefinition {
  return {
    name: 'changes',
    description: 'One row for each change of an attribute. Key: user_id, changed_at, column_name.',
    columns: [
      {
        name: 'changed_day',
        type: 'DATE',
        description: `Day on which the new value was first seen (${pipeline.timeZone}).`,
        sql: localDayOf(pipeline.timeZone, 'h.changed_at'),
      },
      { name: 'user_id', type: 'VARCHAR', description: 'The creator.', sql: 'h.user_id' },
      { name: 'nickname', type: 'VARCHAR', description: 'Display name today.', sql: ofRole(pipeline, 'displayName') },
      {
        name: 'column_name',
        type: 'VARCHAR',
        description: 'The attribute, a column of creators.',
        sql: 'h.column_name',
      },
      { name: 'old_value', type: 'VARCHAR', description: 'The value before; NULL for none.', sql: 'h.old_value' },
      { name: 'new_value', type: 'VARCHAR', description: 'The value since then; NULL for none.', sql: 'h.new_value' },
      {
        name: 'changed_at',
        type: 'TIMESTAMP',
        description: 'When the new value was first seen, UTC.',
        sql: utc('h.changed_at'),
      },
    ],
    from: 'creator_changes AS h JOIN creators AS c ON c.user_id = h.user_id',
  }
}
