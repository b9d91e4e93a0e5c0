import { expect, test } from 'vitest'
import { readJson } from '../../../src/model/json.js'
import { pipeline, start } from '../../simulator/start.js'
import { TOKEN, upstreamAt } from '../servers.js'

const ID = '5f0000000000000001000a01'

test('an endpoint may take its parameters and the token in a form: a POST whose address has neither', async () => {
  const addresses: string[] = []
  const posted = {
    ...pipeline,
    request: (id: string) => ({ path: '/people/search', form: { word: 'a b', personId: id } }),
  }
  const simulator = await start({
    pipeline: posted,
    before: ({ request, id, token }) => void addresses.push(`${request.method} ${request.url}`, id, token),
  })
  const client = upstreamAt(new URL(simulator.url), { pipeline: posted })
  try {
    const end = await client.attempt({ seq: 1, id: ID, attempt: 1, sentAt: Date.now() })
    expect(addresses).toEqual(['POST /people/search', ID, TOKEN])
    expect(end.kind === 'answer' && readJson(end.body)).toMatchObject({ value: { code: 0, data: { id: ID } } })
  } finally {
    await client.close()
  }
})
