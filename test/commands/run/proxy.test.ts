import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { DoctorReport } from '../../../src/commands/doctor/doctor.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import type { Receipt } from '../../../src/model/receipt.js'
import type { Ended } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { placeEmptyWarehouse } from '../../support/emptyWarehouse.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { inOneProcess } from '../../support/oneProcess.js'
import { CERTIFICATES, startProxy, startTls } from '../../support/proxy.js'
import { simulator, TOKEN } from '../../support/simulated.js'

const API = 'https://api.example.test'
const CA = { NODE_EXTRA_CA_CERTS: CERTIFICATES.valid }

interface Place {
  readonly list: string
  readonly data: string
}

async function place(): Promise<Place> {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  await placeEmptyWarehouse(data, await loadPipeline(undefined))
  return { list: writeList(folder, [plainId(1), plainId(2)]), data }
}

/**
 * Runs commands one after the other. Node reads NODE_EXTRA_CA_CERTS when a process starts: only then they need one of their
 * own.
 */
async function started(commands: readonly (readonly string[])[], given: Record<string, string>): Promise<Ended[]> {
  const env = { JUSTONEAPI_TOKEN: TOKEN, ...given }
  if ('NODE_EXTRA_CA_CERTS' in given) return inOneProcess(commands, { cwd: tmpdir(), env })
  const ended: Ended[] = []
  for (const args of commands) ended.push(await commandHere(args, { env }))
  return ended
}

function runOf({ list, data }: Place, args: readonly string[]): string[] {
  return ['run', list, '--data', data, '--json', '--no-report', '--give-up', '1s', '--attempts', '2', ...args]
}

function receiptIn(ended: Ended): Ended & { receipt: Receipt } {
  return { ...ended, receipt: JSON.parse(ended.stdout || '{}') as Receipt }
}

function networkIn(ended: Ended) {
  const { checks } = JSON.parse(ended.stdout) as DoctorReport
  const check = (wanted: string) => checks.find(({ name }) => name === wanted)!
  return { ...ended, network: check('network'), proxy: check('proxy'), certificate: check('certificate') }
}

async function runAt(here: Place, env: Record<string, string>, ...args: string[]) {
  return receiptIn((await started([runOf(here, args)], env))[0]!)
}

/** What doctor says of the way to the API, then what a run does. */
async function checkAndRun(here: Place, env: Record<string, string>, ...args: string[]) {
  const [checked, ran] = await started([['doctor', '--data', here.data, '--json', ...args], runOf(here, args)], env)
  return { checked: networkIn(checked!), ran: receiptIn(ran!) }
}

const portOf = ({ url }: { url: string }) => Number(new URL(url).port)

test('calls go through HTTPS_PROXY, encrypted, and the run and doctor say so once, without the password', async () => {
  const api = await simulator()
  const proxy = await startProxy(await startTls(portOf(api)))
  const env = { ...CA, https_proxy: `http://user:s3cret@127.0.0.1:${proxy.port}` }
  const here = await place()
  const { checked, ran } = await checkAndRun(here, env, '--api', API)
  expect(checked.network).toMatchObject({ verdict: 'ok' })
  const way = `calls go to api.example.test, not to api.justoneapi.com, through the proxy http://127.0.0.1:${proxy.port} (https_proxy)`
  expect(checked.network.said).toContain(way)
  expect(checked.proxy).toMatchObject({
    verdict: 'ok',
    said: `http://127.0.0.1:${proxy.port} (https_proxy) opens a tunnel to api.example.test`,
  })
  expect(checked.certificate.said).toMatch(
    /^valid 2020-\S+ to 2\d{3}-\S+, for .*, issued by .*; NODE_EXTRA_CA_CERTS is /,
  )
  const { code, receipt, stderr, stdout } = ran
  expect(code, stderr).toBe(0)
  expect(receipt.calls).toMatchObject({ sent: 2, billed: 2 })
  expect(stderr.split(way)).toHaveLength(2)
  expect(new Set(proxy.asked)).toEqual(new Set(['api.example.test:443']))
  expect(stderr + stdout + checked.stdout + checked.stderr).not.toContain('s3cret')
  expect(proxy.sent).not.toContain(encodeURIComponent(TOKEN))
  expect(proxy.sent).not.toContain('api/')
})

test('a proxy that is itself spoken to over TLS; its certificate is verified as well', async () => {
  const api = await simulator()
  const proxy = await startProxy(await startTls(portOf(api)))
  const env = { HTTPS_PROXY: `https://user:s3cret@localhost:${await startTls(proxy.port)}` }
  const here = await place()
  const untrusted = await runAt(here, env, '--api', API)
  expect(untrusted.code).toBe(6)
  expect(untrusted.receipt.stop?.message).toMatch(
    /the proxy https:\/\/localhost:\d+ cannot be used.*NODE_EXTRA_CA_CERTS/,
  )
  expect(proxy.asked).toEqual([])
  const { checked, ran } = await checkAndRun(here, { ...CA, ...env }, '--api', API)
  expect(checked.network.verdict).toBe('ok')
  expect(ran.code, ran.stderr).toBe(0)
})

test('plain HTTP goes through a tunnel, too, and a warning says that the proxy sees the token', async () => {
  const api = await simulator()
  const proxy = await startProxy(portOf(api))
  const env = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }
  const here = await place()
  const flags = ['--api', 'http://api.example.test:8080', '--allow-plain-http']
  const { checked, ran } = await checkAndRun(here, env, ...flags)
  const { code, stderr } = ran
  expect(code, stderr).toBe(0)
  const warning = `the token travels unencrypted to api.example.test:8080 (plain HTTP); the proxy http://127.0.0.1:${proxy.port} sees it`
  expect(stderr).toContain(`warning: ${warning}`)
  expect(new Set(proxy.asked)).toEqual(new Set(['api.example.test:8080']))
  expect(checked.network).toMatchObject({
    verdict: 'warn',
    said: expect.stringContaining(warning) as string,
  })
})

test('a refused tunnel is not sent, and costs nothing', async () => {
  const api = await simulator()
  const proxy = await startProxy(portOf(api), () => 503)
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
  const here = await place()
  const { checked, ran } = await checkAndRun(here, env, '--api', API)
  const { code, receipt } = ran
  // The ids fail, or the run gives up before: both are the same refusal.
  expect([3, 6]).toContain(code)
  expect(receipt.calls).toMatchObject({ billed: 0, maybe_billed: 0 })
  expect(receipt.calls.codes.map((each) => each.code)).toEqual(['unsent'])
  expect(receipt.ambiguous_calls).toBe(0)
  expect(api.ledger.summary().calls).toBe(0)
  const { network, ...other } = checked
  expect(network).toMatchObject({ verdict: 'fail', exit_code: 6 })
  expect([other.proxy.verdict, other.certificate.verdict]).toEqual(['fail', 'warn'])
  expect(network.said).toMatch(/HTTPS_PROXY.*refused to connect to api\.example\.test:443 \(HTTP 503\)/)
})

test('a proxy that wants another user is exit 2 with one line', async () => {
  const proxy = await startProxy(1, () => 407)
  const env = { HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` }
  const here = await place()
  const { checked, ran } = await checkAndRun(here, env, '--api', API)
  const { code, receipt, stderr, stdout } = ran
  expect(code).toBe(2)
  expect(receipt.stop).toMatchObject({
    reason: 'proxy',
    message: expect.stringMatching(/does not accept this user \(HTTP 407\).*HTTPS_PROXY/) as string,
    run_again: expect.stringContaining('user and password') as string,
  })
  expect(receipt.calls).toMatchObject({ billed: 0, maybe_billed: 0 })
  expect([checked.code, checked.network.exit_code]).toEqual([2, 2])
  expect(checked.network.said).toContain('HTTP 407')
  expect(stderr + stdout + checked.stdout).not.toContain('s3cret')
})

test('this machine is reached without the proxy', async () => {
  const api = await simulator()
  const proxy = await startProxy(1, () => 502)
  const all = `http://127.0.0.1:${proxy.port}`
  const env = { HTTPS_PROXY: all, HTTP_PROXY: all, ALL_PROXY: all }
  const here = await place()
  const { checked, ran } = await checkAndRun(here, env, '--api', api.url)
  const { code, stderr } = ran
  expect(code, stderr).toBe(0)
  expect(stderr).toContain(`calls go to ${new URL(api.url).host}, not to api.justoneapi.com\n`)
  expect(checked.network.verdict).toBe('ok')
  const demo = await runAt(await place(), env, '--api', 'simulated')
  expect(demo.code, demo.stderr).toBe(0)
  expect(proxy.asked).toEqual([])
})

test('a SOCKS proxy is exit 2 before anything is sent', async () => {
  const { code, stderr, stdout } = await runAt(await place(), { ALL_PROXY: 'socks5://u:s3cret@127.0.0.1:1' })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(/^error: ALL_PROXY: a SOCKS proxy is not supported: .*NO_PROXY/)
  expect(stderr).not.toContain('s3cret')
})

test.each<['valid' | 'expired', Record<string, string>, RegExp]>([
  ['valid', {}, /self-signed certificate/],
  ['expired', { NODE_EXTRA_CA_CERTS: CERTIFICATES.expired }, /expired/],
])('a certificate that is refused (%s) names NODE_EXTRA_CA_CERTS', async (certificate, env, reason) => {
  const port = await startTls(1, certificate)
  const here = await place()
  const flags = ['--api', `https://localhost:${port}`]
  const { checked, ran } = await checkAndRun(here, env, ...flags)
  const { code, receipt } = ran
  expect(code).toBe(6)
  expect(receipt.stop?.message).toMatch(reason)
  expect(receipt.stop?.message).toContain('NODE_EXTRA_CA_CERTS')
  expect(receipt.stop?.run_again).toContain('NODE_EXTRA_CA_CERTS')
  for (const check of [checked.network, checked.certificate]) {
    expect(check).toMatchObject({ verdict: 'fail', exit_code: 6 })
    expect(check.said).toContain('NODE_EXTRA_CA_CERTS')
  }
  expect(checked.certificate.said).toMatch(/^refused: valid 2020-\S+ to \S+, for .*, issued by /)
})

test('a certificate for another host names the address, as no CA would help', async () => {
  const proxy = await startProxy(await startTls(1))
  const env = { ...CA, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
  const here = await place()
  const flags = ['--api', 'https://other.example.test']
  const { checked, ran } = await checkAndRun(here, env, ...flags)
  const { code, receipt } = ran
  expect(code).toBe(6)
  expect(receipt.stop?.message).toMatch(
    /ERR_TLS_CERT_ALTNAME_INVALID\); the certificate is for another host: check the/,
  )
  expect(receipt.stop?.run_again).toBe('check --api and the proxy, then run the same command again')
  for (const check of [checked.network, checked.certificate]) {
    expect(check).toMatchObject({ verdict: 'fail', exit_code: 6 })
    expect(check.said).toContain('the certificate is for another host')
  }
}, 60_000)

test('the webhook follows the same rule', async () => {
  const bodies: string[] = []
  const hook = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      bodies.push(text)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void hook.close())
  const port = (hook.address() as AddressInfo).port
  const api = await simulator()
  const proxy = await startProxy(await startTls(port))
  const env = { ...CA, HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${proxy.port}` }
  const notify = ['--api', api.url, '--notify', `${API}/secret-path`]
  const near = ['--api', api.url, '--notify', `http://127.0.0.1:${port}/secret-path`]
  const [far, direct] = await started([runOf(await place(), notify), runOf(await place(), near)], env)
  const { code, stdout, stderr } = far!
  expect(code, stderr).toBe(0)
  expect(bodies).toHaveLength(2)
  expect(bodies[0]).toBe(stdout.trim())
  expect(proxy.asked).toEqual(['api.example.test:443'])
  expect(stderr).toContain(`the notification goes through the proxy http://127.0.0.1:${proxy.port} (HTTPS_PROXY)`)

  const untrusted = await runAt(await place(), { HTTPS_PROXY: env.HTTPS_PROXY }, ...notify)
  expect(untrusted.code).toBe(0)
  expect(untrusted.stderr).toMatch(/api\.example\.test could not be notified: .*NODE_EXTRA_CA_CERTS/)
  expect(direct!.stderr).not.toContain('notif')
  expect(bodies).toHaveLength(2)
  expect(proxy.asked).toHaveLength(2)
})
