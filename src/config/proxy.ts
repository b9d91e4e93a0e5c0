import { BlockList, isIP } from 'node:net'
import { UsageError } from '../core/errors.js'
import { isLoopback } from './loopback.js'

/** The HTTP proxy that connections to one address take. */
export interface ProxyServer {
  readonly host: string
  readonly port: number
  /** The proxy itself is spoken to over TLS. */
  readonly secure: boolean
  /** The header `Proxy-Authorization`; undefined without a user. It is a secret. */
  readonly authorization: string | undefined
  /** Its URL without user and password, for people. */
  readonly shown: string
  /** The variable that names it. */
  readonly variable: string
}

/** Decides for every connection of this program which proxy it takes; undefined: none. @throws UsageError */
export type ProxyRule = (target: URL) => ProxyServer | undefined

/** The variables as other programs know them. Each is read in lower case first, as curl does. */
export const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const
type Variable = (typeof PROXY_VARIABLES)[number]

type Environments = readonly Readonly<Record<string, string | undefined>>[]

const NEVER: ProxyRule = () => undefined

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and ALL_PROXY where neither of the first two is set. An https address without
 * HTTPS_PROXY takes HTTP_PROXY, as in undici. This machine is always reached directly.
 * @param environments most important first; an empty variable counts as not set
 */
export function proxyRule(environments: Environments): ProxyRule {
  const given = (variable: Variable) => valueOf(variable, environments)
  const [https, http] = [given('HTTPS_PROXY'), given('HTTP_PROXY')]
  const all = https === undefined && http === undefined ? given('ALL_PROXY') : undefined
  if ((https ?? http ?? all) === undefined) return NEVER
  const isExcepted = exceptions(given('NO_PROXY')?.value ?? '')
  return (target) => {
    const named = (target.protocol === 'https:' ? https : undefined) ?? http ?? all
    if (named === undefined || isLoopback(target.hostname) || isExcepted(target)) return undefined
    return proxyOf(named, target)
  }
}

interface Named {
  readonly variable: string
  readonly value: string
}

function valueOf(variable: Variable, environments: Environments): Named | undefined {
  for (const environment of environments) {
    for (const name of [variable.toLowerCase(), variable]) {
      const value = environment[name]?.trim()
      if (value) return { variable: name, value }
    }
  }
  return undefined
}

/** An error never shows the value: it may hold a password. */
function proxyOf({ variable, value }: Named, target: URL): ProxyServer {
  const text = value.includes('://') ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const kind = url?.protocol.startsWith('socks') ? 'a SOCKS proxy is not supported: ' : ''
    throw new UsageError(
      `${variable}: ${kind}expected the URL of an HTTP proxy such as http://proxy.example:3128; or name ${target.hostname} in NO_PROXY to connect without it`,
    )
  }
  const secure = url.protocol === 'https:'
  return {
    host: withoutBrackets(url.hostname),
    port: Number(url.port || (secure ? 443 : 80)),
    secure,
    authorization: authorizationOf(url, variable),
    shown: url.origin,
    variable,
  }
}

function authorizationOf({ username, password }: URL, variable: string): string | undefined {
  if (username === '' && password === '') return undefined
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    return `Basic ${Buffer.from(pair).toString('base64')}`
  } catch {
    throw new UsageError(`${variable}: user or password holds a % that begins no code: write it as %25`)
  }
}

/**
 * The entries of NO_PROXY, separated by commas or blanks: `*`, a name with all below it (also as `.name` or `*.name`), an IP
 * address or a range such as 10.0.0.0/8, each also with a port.
 */
function exceptions(noProxy: string): (target: URL) => boolean {
  const rules = noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .map(exception)
  return ({ protocol, hostname, port }) => {
    const host = withoutBrackets(hostname).replace(/\.$/, '')
    const targetPort = port || (protocol === 'https:' ? '443' : '80')
    return rules.some((rule) => (rule.port === undefined || rule.port === targetPort) && rule.covers(host))
  }
}

function exception(entry: string): { port: string | undefined; covers: (host: string) => boolean } {
  const [, bracketed, plain, port] = isIP(entry) ? [] : (/^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry) ?? [])
  const name = withoutBrackets(bracketed ?? plain ?? entry)
  return { port, covers: name === '*' ? () => true : (rangeOf(name) ?? below(name)) }
}

function below(entry: string): (host: string) => boolean {
  const name = entry.replace(/^\*?\./, '').replace(/\.$/, '')
  return (host) => host === name || host.endsWith(`.${name}`)
}

function rangeOf(name: string): ((host: string) => boolean) | undefined {
  const [address = '', bits] = name.split('/')
  const family = isIP(address)
  if (family === 0) return undefined
  const longest = family === 4 ? 32 : 128
  const prefix = bits === undefined ? longest : Number(bits)
  if (!(Number.isInteger(prefix) && prefix >= 0 && prefix <= longest)) return undefined
  const list = new BlockList()
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return (host) => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
