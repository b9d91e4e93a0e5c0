import { chmodSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { startSimulator } from '../../src/simulator/simulator.js'
import { readSheet } from '../export/readWorkbook.js'
import { commandHere } from '../support/commandHere.js'
import { folderOfFile } from '../support/folder.js'
import { writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrich, refresh, refused as refusal, simulator, type Enriched } from '../support/simulated.js'
import { idsOf } from '../pipelines/pipelines.js'

const PGY = 'xiaohongshu-pgy-creator'
const folder = folderOfFile()
const [data, pgy] = [join(folder, 'profiles'), join(folder, 'pgy')]
const exported = (name: string): string => join(data, 'exports', name)

/** Two folders with the same people, except that each has one that the other does not have. */
describe('run --include', () => {
  let people: string[]
  let first: Enriched

  beforeAll(async () => {
    const pipeline = await loadPipeline(PGY)
    const answers = await pipeline.simulatedAnswers()
    const { plain } = idsOf[PGY]!
    const ids = Array.from({ length: 20 }, (_, at) => plain(at + 1))
    people = ids.filter((id) => answers.code?.(id, 0) === undefined).slice(0, 6)
    const market = await startSimulator({ pipeline })
    await enrich(writeList(folder, people.slice(1), 'market.csv'), pgy, market, '--pipeline', PGY)
    await market.close()
    const api = await startSimulator({ pipeline: await loadPipeline(undefined) })
    const list = writeList(folder, people.slice(0, 5), 'list.csv')
    first = await enrich(list, data, api, '--include', pgy, '--track', '--excel')
    return () => api.close()
  }, 60_000)

  const included = async () =>
    (await published(data, 'SELECT user_id FROM pgy_creators ORDER BY 1')).map((row) => row['user_id'])

  test('the newest rows of people whom both folders have are a table of their own, described', async () => {
    expect(await included()).toEqual(people.slice(1, 5).sort())
    expect(first.stderr).toContain(`pgy_creators has 4 people of ${pgy}`)
    const own = (table: string) => `SELECT picture_price, note_sign_name FROM ${table} WHERE user_id = '${people[1]}'`
    expect(await published(data, own('pgy_creators'))).toEqual(await published(pgy, own('creators')))
    const [entry] = await published(
      data,
      `SELECT source_path, description FROM data_dictionary WHERE table_name = 'pgy_creators' AND column_name = 'picture_price'`,
    )
    const [same] = await published(
      pgy,
      `SELECT source_path, description FROM data_dictionary WHERE table_name = 'creators' AND column_name = 'picture_price'`,
    )
    expect(entry).toEqual(same)
    expect(same!['source_path']).toBe('picturePrice')
    expect(await published(data, 'SELECT pipeline, table_name FROM included_folder')).toEqual([
      { pipeline: PGY, table_name: 'pgy_creators' },
    ])
  })

  test('they are not in the working database, and replay --check does not miss them', async () => {
    const working = await openDatabase(join(data, 'state', 'warehouse.duckdb'), { readOnly: true })
    const tables = await working.connection.runAndReadAll("FROM duckdb_tables() WHERE table_name LIKE 'pgy%'")
    await working.close()
    expect(tables.getRows()).toEqual([])
    expect(await checkReplay(data)).toEqual([])
  })

  test('a later run needs no flag; while the other folder is away, the rows of the last publish stay', async () => {
    const [before] = await published(data, 'SELECT * FROM included_folder')
    const api = await simulator()
    renameSync(pgy, `${pgy}-away`)
    const away = await refresh(data, api)
    expect(away.code).toBe(0)
    expect(away.stderr).toContain(
      `warning: ${pgy} cannot be included: there is no published file; its rows of the last publish stay; \`run --include DIR\``,
    )
    const { stdout } = await commandHere(['doctor', '--data', data, '--api', 'simulated'])
    expect(stdout).toContain(`included: ${pgy} has no published file`)
    expect(await included()).toEqual(people.slice(1, 5).sort())
    expect(await published(data, 'SELECT * FROM included_folder')).toEqual([before])
    const made = statSync(exported('list.enriched.csv')).mtimeMs
    renameSync(`${pgy}-away`, pgy)
    await refresh(data, api, '--no-report', 'false')
    expect(statSync(exported('list.enriched.csv')).mtimeMs).toBe(made)
    expect(await published(data, 'SELECT * FROM included_folder')).not.toEqual([before])
  })

  test('a folder of another version, or of a pipeline that this version does not have, keeps nobody from a replay', async () => {
    const database = join(pgy, 'creators.duckdb')
    const setting = join(data, 'raw', 'included.json')
    const [kept, file] = [readFileSync(setting, 'utf8'), realpathSync(database)]
    const whole = readFileSync(file)
    const replayed = async () => (await commandHere(['replay', '--data', data])).stderr
    chmodSync(file, 0o600)
    const other = await openDatabase(file)
    await other.connection.run('ALTER TABLE creators RENAME user_id TO uid')
    await other.close()
    expect(await replayed()).toMatch(
      /pgy cannot be included: another version of creator-enrich wrote it, or .*\(.* Error: .*\); its rows of the last publish stay; /,
    )
    expect(await included()).toEqual(people.slice(1, 5).sort())
    writeFileSync(file, whole)
    writeFileSync(setting, kept.replace(PGY, 'later-pipeline'))
    expect(await replayed()).toContain('cannot be included: this version has no pipeline later-pipeline, so there is')
    writeFileSync(setting, kept)
    expect(await replayed()).toContain(`pgy_creators has 4 people of ${pgy}`)
  })

  test('the files of lists end with the columns that the overview has, also while the other folder is away', async () => {
    const names = (await published(data, 'DESCRIBE creator_overview'))
      .map((column) => String(column['column_name']))
      .filter((name) => name.startsWith('pgy_'))
    const [header = [], ...rows] = parse(readFileSync(exported('list.enriched.csv'), 'utf8'), { bom: true })
    expect([header.slice(-names.length), header.filter((name) => name.startsWith('pgy_'))]).toEqual([names, names])
    const [there] = await published(
      data,
      `SELECT ${names.map((name) => `${name}::VARCHAR AS ${name}`).join(', ')} FROM creator_overview WHERE user_id = '${people[1]}'`,
    )
    const row = rows.find((cells) => cells.includes(people[1]!))!
    expect(row.slice(-names.length)).toEqual(names.map((name) => there![name] ?? ''))
    expect(rows.find((cells) => cells.includes(people[0]!))!.slice(-names.length)).toEqual(names.map(() => ''))
    for (const book of ['list.enriched.xlsx', 'creators.xlsx']) {
      const titles = readSheet(exported(book))[0]!.map(({ value }) => value)
      expect([book, titles.slice(-names.length)]).toEqual([book, names])
    }
  })

  test('creator_overview has quote, CPM, CPE and MCN as its last columns, and the report shows them', async () => {
    const names = ['picture_quote', 'video_quote', 'estimate_picture_cpm', 'estimate_picture_engage_cost']
    names.push('estimate_video_cpm', 'estimate_video_engage_cost', 'note_sign_name')
    const [row] = await published(data, `SELECT * FROM creator_overview WHERE user_id = '${people[1]}'`)
    expect(Object.keys(row!).slice(-names.length)).toEqual(names.map((name) => `pgy_${name}`))
    const [there] = await published(pgy, `SELECT ${names.join(', ')} FROM creators WHERE user_id = '${people[1]}'`)
    expect(names.map((name) => row![`pgy_${name}`])).toEqual(names.map((name) => there![name]))
    const [absent] = await published(
      data,
      `SELECT pgy_video_quote FROM creator_overview WHERE user_id = '${people[0]}'`,
    )
    expect(absent).toEqual({ pgy_video_quote: null })
    const report = readFileSync(join(data, 'reports', 'latest.html'), 'utf8')
    for (const title of ['picture quote', 'video CPM', 'picture CPE', 'MCN'])
      expect(report).toContain(`>${title}</button>`)
  })

  test('the report shows a small price with its decimals', async () => {
    const [cheapest] = await published<{ cost: number }>(
      data,
      `SELECT pgy_estimate_picture_engage_cost AS cost FROM creator_overview
       WHERE cost <> round(cost) ORDER BY cost LIMIT 1`,
    )
    const shown = cheapest!.cost.toLocaleString('en-US', { maximumFractionDigits: 2 })
    expect(shown).toMatch(/\.\d/)
    expect(readFileSync(join(data, 'reports', 'latest.html'), 'utf8')).toContain(`<td class="n">${shown}</td>`)
  })

  test('who is forgotten here is left out, also of the cells of others, and forget names the other folder', async () => {
    await writeExtra(pgy, people[2]!, `{"friend":"${people[1]}"}`)
    await writeExtra(pgy, people[3]!, '{"friend":"somebody"}')
    const { code, stdout } = await commandHere(['forget', people[1]!, '--data', data])
    expect(code).toBe(0)
    expect(stdout).toContain(`forget <id> --data ${pgy}\` erases them there`)
    expect(await included()).toEqual(people.slice(2, 5).sort())
    const extra = 'SELECT user_id, extra FROM pgy_creators WHERE user_id IN'
    expect(await published(data, `${extra} ('${people[2]}', '${people[3]}') ORDER BY user_id`)).toEqual([
      { user_id: people[2], extra: null },
      { user_id: people[3], extra: '{"friend":"somebody"}' },
    ])
  })

  test('the commands that change lists include the folder, too', async () => {
    expect((await commandHere(['untrack', 'list', '--data', data])).code).toBe(0)
    expect(await included()).toEqual(people.slice(2, 5).sort())
  })

  test('a folder of another kind, the folder itself and one without a published file are exit 2', async () => {
    const api = await simulator()
    const list = writeList(folder, people.slice(0, 2), 'other.csv')
    const refused = async (other: string, why: string) => {
      const { code, stderr } = await refusal(enrich(list, data, api, '--include', other))
      expect(code).toBe(2)
      expect(stderr).toContain(why)
    }
    await refused(data, 'this is the data folder itself')
    await refused(join(folder, 'nowhere'), 'has no published file yet')
    const simulated = await commandHere([
      'run',
      list,
      '--api',
      'simulated',
      '--data',
      join(folder, 'demo'),
      '--no-report',
    ])
    expect(simulated.code).toBe(0)
    await refused(
      join(folder, 'demo'),
      'it holds simulated data, which do not belong beside real ones; nothing was sent',
    )
    expect(api.ledger.entries).toEqual([])
  })

  test('--no-include ends it', async () => {
    const list = writeList(folder, people.slice(2, 5), 'list.csv')
    await enrich(list, data, await simulator(), '--no-include')
    expect(
      await published(data, "FROM duckdb_tables() WHERE table_name IN ('pgy_creators', 'included_folder')"),
    ).toEqual([])
    expect(await published(data, "FROM data_dictionary WHERE table_name = 'pgy_creators'")).toEqual([])
  })
})

/** As if an answer for this person had held a key that no column reads. */
async function writeExtra(data: string, id: string, extra: string): Promise<void> {
  const path = realpathSync(join(data, 'creators.duckdb'))
  chmodSync(path, 0o644)
  const file = await openDatabase(path)
  await file.connection.run('UPDATE creators SET extra = $extra WHERE user_id = $id', { id, extra })
  await file.close()
}
