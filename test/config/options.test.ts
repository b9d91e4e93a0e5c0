import { describe, expect, test } from 'vitest'
import { commands } from '../../src/commands/program.js'
import { runCommand } from '../../src/commands/run/command.js'
import { ONLY_COMMAND_LINE } from '../../src/commands/run/runWithOptions.js'
import type { Option } from '../../src/config/option.js'
import { options, type OptionName } from '../../src/config/options.js'
import { envName, nameSource, resolveSettings } from '../../src/config/settings.js'

describe('settings', () => {
  test('a flag wins over the environment, that over the .env file, that over the default', () => {
    const dotEnv = { CREATOR_ENRICH_CONCURRENCY: '3', CREATOR_ENRICH_ATTEMPTS: '7' }
    const environment = { CREATOR_ENRICH_CONCURRENCY: '4', CREATOR_ENRICH_DATA: 'there' }
    const settings = resolveSettings(runCommand.options, { concurrency: '5' }, [environment, dotEnv])
    expect(settings).toMatchObject({ concurrency: 5, data: 'there', attempts: 7, giveUp: 600_000 })
    expect(resolveSettings(runCommand.options, {}, [environment, dotEnv]).concurrency).toBe(4)
  })

  test('the config file wins over the default only', () => {
    const file = { values: { concurrency: '2', attempts: '3', noBom: 'false', excel: 'true' }, placeOf: String }
    const settings = resolveSettings(runCommand.options, { concurrency: '5' }, [{}, {}], file)
    expect(settings).toMatchObject({ concurrency: 5, attempts: 3, noBom: false, excel: true, giveUp: 600_000 })
    const dotEnv = { CREATOR_ENRICH_ATTEMPTS: '7' }
    expect(resolveSettings(runCommand.options, {}, [{}, dotEnv], file).attempts).toBe(7)
  })

  test('--no-bom, which commander hands over as bom: false', () => {
    expect(resolveSettings(runCommand.options, { bom: false }, []).noBom).toBe(true)
    expect(resolveSettings(runCommand.options, { bom: true }, []).noBom).toBeUndefined()
  })

  test('a refused value is shown without the parts that may be secret', () => {
    expect(() => resolveSettings(runCommand.options, { api: 'http://u:secret@h/?token=secret' }, [])).toThrow(
      'got "http://…@h/?…"',
    )
  })

  test('an empty variable counts as not set', () => {
    expect(resolveSettings(runCommand.options, {}, [{ CREATOR_ENRICH_CONCURRENCY: '' }, {}]).concurrency).toBe(16)
  })

  test.each([
    ['maxAge', '90m', 5_400_000],
    ['maxAge', '7d', 604_800_000],
    ['rate', '300/m', 5],
    ['rate', '2.5', 2.5],
    ['maxFailed', '2.5%', { share: 0.025, ids: 5 }],
    ['maxFailed', '5%,20', { share: 0.05, ids: 20 }],
    ['api', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ])('--%s %s', (name, typed, value) => {
    expect(resolveSettings(runCommand.options, { [name]: typed }, [])).toMatchObject({ [name]: value })
  })

  test.each([
    ['timeout', '30d', '--timeout: expected a duration from 1ms to 1h, got "30d"'],
    ['timeout', '5', '--timeout: expected a duration such as 120s or 5m, got "5"'],
    ['concurrency', '0', '--concurrency: expected a whole number from 1 to 1000, got "0"'],
    ['rate', '0/s', '--rate: expected a rate such as 5/s or 300/m, got "0/s"'],
    ['maxFailed', '101%', '--max-failed: expected a percentage from 0% to 100%, got "101%"'],
    ['maxFailed', '5%,0', '--max-failed: expected a percentage and a number of ids such as 5%,5, got "5%,0"'],
    ['onAmbiguous', 'no', '--on-ambiguous: expected retry or hold, got "no"'],
    ['api', 'http://u:p@host/', '--api: expected a URL without user, query or fragment'],
    ['api', 'ftp://host/', '--api: expected global, cn, simulated or an http(s) URL'],
  ])('--%s %s is refused in one line', (name, typed, message) => {
    expect(() => resolveSettings(runCommand.options, { [name]: typed }, [])).toThrow(message)
  })

  test('--replace is taken from the command line only', () => {
    const environment = { CREATOR_ENRICH_REPLACE: 'true' }
    expect(resolveSettings(runCommand.options, {}, [environment, environment]).replace).toBeUndefined()
    expect(resolveSettings(runCommand.options, { replace: true }, []).replace).toBe(true)
  })

  test('a bad variable is named, not the flag', () => {
    expect(() => resolveSettings(runCommand.options, {}, [{ CREATOR_ENRICH_MAX_AGE: 'old' }])).toThrow(
      /^CREATOR_ENRICH_MAX_AGE: /,
    )
  })

  test('the error of a later step names the flag only if somebody typed it', () => {
    const placeOf = (name: OptionName) => `/d/c.json: line 1, column 2: ${name}`
    const file = { values: { api: 'http://evil.example/', maxAge: '3d' }, placeOf }
    const environment = { CREATOR_ENRICH_TIMEOUT: '5s', CREATOR_ENRICH_MAX_AGE: '2d' }
    const settings = resolveSettings(runCommand.options, { list: 'vips' }, [environment], file)
    const named = (message: string) => {
      const error = new Error(message)
      nameSource(error, settings)
      return error.message
    }
    expect(named('--api http://evil.example/: plain')).toBe(
      '/d/c.json: line 1, column 2: api http://evil.example/: plain',
    )
    expect(named('--timeout 5s: too short')).toBe('CREATOR_ENRICH_TIMEOUT 5s: too short')
    expect(named('--max-age: old')).toBe('CREATOR_ENRICH_MAX_AGE: old')
    expect(named('--list vips: twice')).toBe('--list vips: twice')
    expect(named('--max-age-by-tier: none')).toBe('--max-age-by-tier: none')
  })

  test('each example of a refused value is accepted', () => {
    const refusals = (Object.entries(options) as [OptionName, Option<unknown>][]).flatMap(([name, { parse }]) => {
      try {
        parse('?')
        return []
      } catch (error) {
        const [, , examples = ''] = /(such as )(.*?)(, at least .*)?$/.exec((error as Error).message) ?? []
        const quoted = /"(.*)"/.exec(examples)?.[1]
        const each = quoted === undefined ? examples.split(/,? or (?:a day such as )?/) : [quoted]
        return each.filter((example) => example !== '').map((example) => ({ name, example }))
      }
    })
    expect(refusals.length).toBeGreaterThan(15)
    const unfit = refusals.filter(({ name, example }) => {
      try {
        options[name].parse(example)
        return false
      } catch {
        return true
      }
    })
    expect(unfit).toEqual([])
  })
})

/** Every command with its whole name, such as `lists remove`. */
const all = commands.flatMap((command) => [
  command,
  ...(command.subcommands ?? []).map((each) => ({ ...each, name: `${command.name} ${each.name}` })),
])
const takers = (name: OptionName) => all.filter((command) => command.options.includes(name))

test('every option belongs to a command, and no command has two options with one flag', () => {
  const names = Object.keys(options) as OptionName[]
  expect(names.filter((name) => takers(name).length === 0)).toEqual([])
  for (const command of all) {
    const flags = command.options.map((name) => options[name].flag.split(' ')[0])
    expect(new Set(flags).size, command.name).toBe(flags.length)
  }
})

test('the options of the library are those of the command run, with their help', async () => {
  const names = runCommand.options.filter((name) => !ONLY_COMMAND_LINE.includes(name))
  const lines = names.flatMap((name) => {
    const { help, default: value }: Option<unknown> = options[name]
    return [
      `  /** ${help}${value ? ` (default: ${value})` : ''} */`,
      `  readonly ${name}?: Given<'${name}'> | undefined`,
    ]
  })
  const source = [
    "import type { Given } from '../../config/settings.js'",
    '',
    '/** The options of `run` by name. Made from src/config/options.ts: `npx vitest run test/config --update`. */',
    'export interface NamedOptions {',
    ...lines,
    '}',
    '',
  ].join('\n')
  await expect(source).toMatchFileSnapshot('../../src/commands/run/namedOptions.ts')
})

test('docs/options.md is what the tables of options and commands say', async () => {
  const lines = Object.entries<Option<unknown>>(options).map(
    ([name, { flag, help, default: value = '', flagOnly }]) => {
      const users = takers(name as OptionName).map((command) => command.name)
      return `| \`${flag.replaceAll('|', '\\|')}\` | ${flagOnly ? '–' : `\`${envName(name)}\``} | ${value} | ${users.join(', ')} | ${help} |`
    },
  )
  const page = [
    '# Options',
    '',
    'A flag wins over the environment, the environment over the file `.env` in the current folder, that over the [config file](config-file.md), that over the default. In the config file an option has the name of its flag without the dashes, only `--limit` of `simulate` is `call-limit`. An option without a variable is taken from the command line only.',
    'While the token comes from elsewhere, a variable in `.env` may name no address, file or proxy (exit 2): `API` other than `global` or `cn`, `ALLOW_PLAIN_HTTP`, `CONFIG`, `TOKEN_FILE`, `NOTIFY`, `LOG_FILE`, `HTTPS_PROXY` and its kin. Other commands than `run` and `doctor`, and `--api simulated`, check only `CONFIG` and `LOG_FILE`.',
    'The token is not an option: it comes from `JUSTONEAPI_TOKEN` or a `--token-file`.',
    '',
    '| flag | variable | default | commands | what |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
  await expect(page).toMatchFileSnapshot('../../docs/options.md')
})
