import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../pipelines', import.meta.url))

/** The names of all pipelines. */
export const pipelineNames: readonly string[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .flatMap((path) => /^([^/]+)\/definition\.ts$/.exec(path)?.[1] ?? [])
  .sort()

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
}
