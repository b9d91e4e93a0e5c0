import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readableSettings } from '../../src/config/readableSettings.js'
import { temporaryFolder } from '../support/folder.js'

const NAMES = ['data', 'config', 'notify', 'maxAge', 'logFile'] as const
const HOUR = 3_600_000
const HOOK = 'http://127.0.0.1:1/hook'

/** A config file with this text. */
function config(text: string, folder = temporaryFolder()): string {
  const path = join(folder, 'creator-enrich.json')
  writeFileSync(path, text)
  return path
}

function read(flags: Record<string, string>, environment = {}, dotEnv: Record<string, string> | undefined = {}) {
  return readableSettings(NAMES, flags, environment, dotEnv)
}

test('each setting of the config file is read by itself, below flag and variable', () => {
  const path = config(`{"data": "other", "notify": "${HOOK}", "max-age": "7x", "nope": 1}`)
  const known = { data: join(path, '..', 'other'), notify: HOOK, maxAge: 20 * HOUR }
  expect(read({ config: path })).toMatchObject({ settings: known, isFolderKnown: true })
  const variables = { CREATOR_ENRICH_CONFIG: path, CREATOR_ENRICH_DATA: 'third', CREATOR_ENRICH_MAX_AGE: '1x' }
  expect(read({}, variables)).toMatchObject({ settings: { ...known, data: 'third' }, isFolderKnown: true })
  expect(read({ config: path, data: 'fourth', maxAge: '2h' })).toMatchObject({
    settings: { ...known, data: 'fourth', maxAge: 2 * HOUR },
    isFolderKnown: true,
  })
})

test('the config file of the data folder is read too, and names no other folder', () => {
  const data = temporaryFolder()
  config(`{"data": "other", "notify": "${HOOK}", "max-age": "7x"}`, data)
  expect(read({ data })).toMatchObject({ settings: { data, notify: HOOK }, isFolderKnown: true })
  expect(read({})).toMatchObject({ settings: { data: 'data' }, isFolderKnown: true })
})

test.each([
  ['is not there', undefined],
  ['is not JSON', '{"data": "other"'],
  ['names no folder, and something unknown', '{"dta": "other"}'],
  ['names an empty folder', '{"data": ""}'],
])('a config file that %s leaves the folder unknown, unless a flag names it', (_, text) => {
  const path = text === undefined ? join(temporaryFolder(), 'none.json') : config(text)
  expect(read({ config: path })).toMatchObject({ isFolderKnown: false })
  expect(read({ config: path, data: 'own' })).toMatchObject({ settings: { data: 'own' }, isFolderKnown: true })
})

test('a config file that others may have written decides nothing', () => {
  const path = config(`{"data": "other", "notify": "${HOOK}"}`)
  chmodSync(path, 0o666)
  const { settings, isFolderKnown } = read({ config: path })
  expect([settings.notify, isFolderKnown]).toEqual([undefined, false])
})

test('.env decides about the data folder alone; an empty --data leaves it unknown', () => {
  const variables = { CREATOR_ENRICH_DATA: 'other', CREATOR_ENRICH_NOTIFY: HOOK, CREATOR_ENRICH_LOG_FILE: 'log' }
  const { settings, isFolderKnown } = read({}, {}, variables)
  expect([settings, isFolderKnown]).toEqual([
    { ...settings, data: 'other', notify: undefined, logFile: undefined },
    true,
  ])
  expect(read({}, {}, { CREATOR_ENRICH_CONFIG: config('{"data": "other"}') })).toMatchObject({ isFolderKnown: false })
  expect(readableSettings(NAMES, {}, {}, undefined)).toMatchObject({ isFolderKnown: false })
  expect(readableSettings(NAMES, { data: 'own' }, {}, undefined)).toMatchObject({ isFolderKnown: true })
  expect(read({ data: '' })).toMatchObject({ isFolderKnown: false })
})
