import type { ChildTable, Column } from '../../model/pipeline.js'
import type { ProfilePlace } from '../../model/profileAt.js'
import type { IdSyntax } from '../../model/idParser.js'

/** What the files of a new pipeline are written from. */
export interface NewPipeline {
  readonly name: string
  readonly price: number | undefined
  readonly timeZone: string
  readonly ids: IdSyntax
  readonly place: ProfilePlace
  readonly columns: Readonly<Record<string, Column>>
  readonly children: readonly ChildTable[]
  /** Invented ids. */
  readonly examples: readonly string[]
}

/** The files of a new pipeline by name. They need no compiler, and `.mjs` is a module whatever package is around it. */
export function filesOfPipeline(pipeline: NewPipeline): Readonly<Record<string, string>> {
  return {
    'definition.mjs': definitionText(pipeline),
    'columns.mjs': columnsText(pipeline),
    'definition.test.mjs': testText(pipeline),
    'list.csv': `user_id\n${pipeline.examples.map((id) => `${id}\n`).join('')}`,
  }
}

function definitionText({ name, price, timeZone, ids, place }: NewPipeline): string {
  const { path, id, success } = place
  const parts = [
    ...(path === undefined ? [] : [`path: ${quoted(path)}`]),
    `id: ${quoted(id)}`,
    ...(success ? [`success: ${objectText(success)}`] : []),
  ]
  return `// @ts-check
import { children, columns } from './columns.mjs'

/** @type {import('creator-enrich').PipelineDefinition} */
export default {
  name: ${quoted(name)},
  title: ${quoted(name)},
  // Of one billed call${price === undefined ? ': fill it in. Caps and receipts count with it' : ''}.
  price: ${price ?? 1},
  // Without vendor: that of the pipelines of creator-enrich. Another one needs its hosts, currency and codes.
  // vendor: { hosts: { global: 'https://api.example.com' }, currency: 'USD', codes: {} },
  timeZone: ${quoted(timeZone)},
  // Fill in the path and the name of the parameter. The token is added by itself.
  request: (id) => ({ path: '/api/fill-in/the-path', query: { userId: id } }),
  // Where the profile is in \`data\` of an answer.
  profile: { ${parts.join(', ')} },
  // Names of columns in lists, lower case, the most certain one first; and those that mean other things elsewhere.
  idColumns: ['user_id', 'userid', 'uid', 'profile_url', 'url', 'link', 'id'],
  genericIdColumns: ['url', 'link', 'id'],
  // Links that people keep, with <id> for the id, such as 'example.com/user/<id>', make links work in lists.
  parseId: { pattern: ${quoted(ids.pattern)}, looksLike: ${quoted(ids.looksLike)}, links: [] },
  // Only if another endpoint finds an id by what lists hold in its place, such as a short link.
  // resolvers: [],
  columns,
  children,
}
`
}

function columnsText({ columns, children }: NewPipeline): string {
  return `// @ts-check
// Type, kind and role of each column are guessed from the shape of the answers: look at each, and describe it.
// Kinds: identity, attribute (a version for each change), counter (a time series), volatile (the newest value only).

/** @type {import('creator-enrich').PipelineDefinition['columns']} */
export const columns = {
${linesOf(columns, '  ')}}

/** @type {import('creator-enrich').PipelineDefinition['children']} */
export const children = [${children
    .map(
      ({ name, path, description, columns: own }) => `
  {
    name: ${quoted(name)},
    path: ${quoted(path)},
    description: ${quoted(description)},
    columns: {
${linesOf(own, '      ')}    },
  },
`,
    )
    .join('')
    .replaceAll('\n\n', '\n')}]
`
}

function linesOf(columns: Readonly<Record<string, Column>>, indent: string): string {
  return Object.entries(columns)
    .map(([name, column]) => `${indent}${name}: ${objectText(column)},\n`)
    .join('')
}

function objectText(values: object): string {
  const parts = Object.entries(values).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? quoted(value) : String(value)}`,
  )
  return `{ ${parts.join(', ')} }`
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}

function testText({ examples }: NewPipeline): string {
  const [one, other] = examples.map(quoted)
  return `// Run it with \`node --test\`, in a project with \`npm install creator-enrich\`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePipeline, tryPipeline } from 'creator-enrich'
import definition from './definition.mjs'

test('the definition does not contradict itself', () => {
  definePipeline(definition)
})

test('invented people conform to it', async () => {
  const { invent, read } = await tryPipeline(definition)
  for (const id of [${one!}, ${other!}]) {
    const { outcome, drift, anomalies, row } = read(invent(id, 0), id)
    assert.deepEqual({ outcome, drift, anomalies, id: row?.user_id }, { outcome: 'profile', drift: [], anomalies: [], id })
  }
})

test('nothing in place of a profile is empty', async () => {
  const { read } = await tryPipeline(definition)
  assert.equal(read(null, ${one!}).outcome, 'empty')
})
`
}
