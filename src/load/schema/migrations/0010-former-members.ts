import { addColumn, createTable } from '../definition.js'

/** Who is in no list any more and since when, and how long a run keeps such people. */
export const formerMembers: readonly string[] = [
  ...createTable({
    name: 'former_members',
    description: 'People who were in a list and are in none now. Key: user_id.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The id that was in a list.' },
      {
        name: 'left_at',
        type: 'TIMESTAMPTZ',
        description:
          'When the person left the last list: the start of the run that read it without them, or its removal.',
      },
      { name: 'list', type: 'VARCHAR', description: 'The list that the person left last.' },
    ],
  }),
  ...addColumn('runs', {
    name: 'keep_people_ms',
    type: 'BIGINT',
    description:
      '--keep-people of the run, in milliseconds; NULL: not given, so the run erased nobody, or an older version.',
  }),
]
