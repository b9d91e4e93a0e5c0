import { addColumn, createTable } from '../definition.js'

/** What decides whether a creator is `empty`: the answers without a profile, and the runs whose answers were of no use. */
export const emptyAnswers: readonly string[] = [
  ...createTable({
    name: 'answers_without_profile',
    description: 'Each empty or invalid answer. Profiles are in creator_counters. Key: user_id, observed_at, run_id.',
    columns: [
      { name: 'user_id', type: 'VARCHAR', description: 'The id of the call.' },
      { name: 'observed_at', type: 'TIMESTAMPTZ', description: 'When the answer was received.' },
      { name: 'run_id', type: 'VARCHAR', description: 'The run that fetched it.' },
      { name: 'outcome', type: 'VARCHAR', description: 'empty (no profile) or invalid (not an id).' },
    ],
  }),
  ...addColumn('runs', {
    name: 'useless',
    type: 'BOOLEAN',
    description:
      'TRUE: most answers were of no use, so the empty ones count for nothing. NULL: the run was not judged.',
  }),
]
