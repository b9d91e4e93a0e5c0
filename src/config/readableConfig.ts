import { dirname, resolve } from 'node:path'
import { readConfigJson } from './configFile.js'
import { configKey, configSchema, fileValues } from './configSchema.js'
import type { Option } from './option.js'
import { options, type OptionName } from './options.js'
import type { FileValues } from './settings.js'

/** What can be read of a config file. */
export interface ReadableConfig {
  readonly values: FileValues
  /** A setting cannot be read, or the whole file. */
  readonly hasFault: boolean
}

/** Reads each setting by itself, so that a fault in one hides no other. Nothing is read of a file that others may have written. */
export function readableConfig(path: string): ReadableConfig {
  let settings: readonly [string, unknown][]
  try {
    settings = Object.entries(readConfigJson(path).value as object)
  } catch {
    return { values: {}, hasFault: true }
  }
  const read = settings.map(([typed, value]) => configSchema.safeParse({ [configKey(typed)]: value }))
  const values = Object.assign({}, ...read.map(({ data }) => (data ? fileValues(data) : {}))) as FileValues
  return { values: absolute(values, dirname(resolve(path))), hasFault: read.some(({ success }) => !success) }
}

function absolute(values: FileValues, folder: string): FileValues {
  const entries = Object.entries(values).map(([name, value]) => {
    const { path }: Option<unknown> = options[name as OptionName]
    return [name, path ? resolve(folder, value) : value]
  })
  return Object.fromEntries(entries) as FileValues
}
