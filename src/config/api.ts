import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../core/errors.js'
import { isLoopback } from './loopback.js'
import { isHostName } from './optionParsers.js'
import type { Settings } from './settings.js'
import type { ProxyRule, ProxyServer } from './proxy.js'

const SHORTEST_SAFE_TIMEOUT = 60_000
const TOKEN_VARIABLE = 'JUSTONEAPI_TOKEN'

/** Base URLs of the vendor, by the name that `--api` takes. `global` is the default. */
export type Hosts = Readonly<Record<string, string>> & { readonly global: string }

export interface Api {
  /** Undefined when simulated: the simulator starts only when ids are due. */
  readonly base: URL | undefined
  readonly simulated: boolean
  /** Host and port, for people and receipts. */
  readonly host: string
  /** The proxy that every call takes. */
  readonly proxy: ProxyServer | undefined
  /** Logged at the start of every run. */
  readonly warning: string | undefined
  /** Where the calls go if not straight to the default host; logged at the start of every run. */
  readonly way: string | undefined
}

/**
 * @throws UsageError when the vendor has no host of this name, the token would travel unencrypted without `--allow-plain-http`, a timeout risks paying twice, or
 * the proxy's URL cannot be used
 */
export function resolveApi(
  settings: Settings,
  { hosts }: { readonly hosts: Hosts },
  proxyFor: ProxyRule = () => undefined,
): Api {
  if (settings.api === 'simulated') {
    return { base: undefined, simulated: true, host: 'simulated', proxy: undefined, warning: undefined, way: undefined }
  }
  const base = baseOf(settings.api, hosts)
  const loopback = isLoopback(base.hostname)
  if (settings.timeout < SHORTEST_SAFE_TIMEOUT && !loopback) {
    throw new UsageError(
      `--timeout ${settings.timeout / 1000}s: the API may charge for a call that ends early; give 60s or more`,
    )
  }
  const plain = base.protocol === 'http:' && !loopback
  if (plain && !settings.allowPlainHttp) {
    throw new UsageError(
      `--api ${settings.api}: ${base.host} uses plain HTTP, so the token would travel unencrypted; add --allow-plain-http to accept that`,
    )
  }
  const proxy = proxyFor(base)
  return {
    base,
    simulated: false,
    host: base.host,
    proxy,
    warning: plain ? plainWarning(base.host, proxy) : undefined,
    way: wayTo(base.host, new URL(hosts.global).host, proxy),
  }
}

function baseOf(api: string, hosts: Hosts): URL {
  const base = Object.hasOwn(hosts, api) ? hosts[api]! : api
  if (!isHostName(base)) return new URL(base)
  throw new UsageError(`--api ${api}: expected ${Object.keys(hosts).join(', ')}, simulated or an http(s) URL`)
}

function plainWarning(host: string, proxy: ProxyServer | undefined): string {
  const seen = proxy === undefined ? '' : `; the proxy ${proxy.shown} sees it`
  return `the token travels unencrypted to ${host} (plain HTTP)${seen}`
}

function wayTo(host: string, standard: string, proxy: ProxyServer | undefined): string | undefined {
  const elsewhere = host === standard ? '' : `, not to ${standard}`
  const through = proxy === undefined ? '' : `, through the proxy ${proxy.shown} (${proxy.variable})`
  return elsewhere + through === '' ? undefined : `calls go to ${host}${elsewhere}${through}`
}

type Environments = readonly Readonly<Record<string, string | undefined>>[]

/** JUSTONEAPI_TOKEN of the first environment that has one, well-formed or not. */
export function tokenIn(environments: Environments): string | undefined {
  return environments.map((environment) => environment[TOKEN_VARIABLE]).find((value) => value)
}

/** A longer token could not be taken out of answers in all encodings within reasonable memory. */
const LONGEST_TOKEN = 1_024

/**
 * The token, from `--token-file` or JUSTONEAPI_TOKEN (environment, then `.env`). An error never shows it.
 * @returns undefined when there is none
 * @throws UsageError when the file cannot be read or is empty, or its content cannot be a token
 */
export function readToken(tokenFile: string | undefined, environments: Environments): string | undefined {
  const source = tokenFile === undefined ? TOKEN_VARIABLE : resolve(tokenFile)
  const token = tokenFile === undefined ? tokenIn(environments) : contentOf(source)
  if (tokenFile !== undefined && (token ?? '').trim() === '') {
    throw new UsageError(`--token-file ${source} is empty: write the token into it, or name another file`)
  }
  if (!token) return undefined
  if (token.length > LONGEST_TOKEN) {
    throw new UsageError(
      `${source}: the token has ${token.length} characters; a token of at most ${LONGEST_TOKEN} can be used`,
    )
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(
      `${source}: the token holds a blank, a line break or a character outside ASCII; copy it again from the vendor's dashboard`,
    )
  }
  return token
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    // The path is not shown: a person may have given the token itself.
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new UsageError(`--token-file cannot be read (${code}): give the path of a file that holds the token`)
  }
}
