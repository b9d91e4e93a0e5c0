import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { plainId } from '../support/lists.js'

const folder = fileURLToPath(new URL('../../pipelines', import.meta.url))

/** The names of all pipelines. */
export const pipelineNames: readonly string[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .flatMap((path) => /^([^/]+)\/definition\.ts$/.exec(path)?.[1] ?? [])
  .sort()

/** The n-th usual id of a pipeline, and the id of an edge case of its simulator. */
interface Ids {
  readonly plain: (n: number) => string
  readonly edge: (number: string) => string
}

const ofUser: Ids = { plain: plainId, edge: (number) => `5f00000000000000005eed${number}` }
const ofWeibo: Ids = { plain: (n) => String(5_160_000_000 + n * 997), edge: (number) => `51500000${number}` }

export const idsOf: Readonly<Record<string, Ids>> = {
  'weibo-user-profile': ofWeibo,
  'xiaohongshu-pgy-creator': ofUser,
  'xiaohongshu-user-profile': ofUser,
}

/** Two digits of the simulator's edge case for each of these, and the column that changes from night 0 to night 1. */
export const edgeCasesOf: Readonly<
  Record<string, { unknownKeys: string; changed: string; column: string; misdelivered: string; missing: string[] }>
> = {
  'xiaohongshu-user-profile': {
    ...{ unknownKeys: '07', changed: '21', column: 'nickname', misdelivered: '04', missing: [] },
  },
  'xiaohongshu-pgy-creator': {
    ...{ unknownKeys: '06', changed: '10', column: 'picture_price', misdelivered: '04', missing: ['16', '17', '18'] },
  },
  'weibo-user-profile': {
    ...{ unknownKeys: '13', changed: '16', column: 'screen_name', misdelivered: '06', missing: [] },
  },
}
