/** A program of somebody else. It is compiled with strict options against the types of the package, and then started. */
import { EXIT, RunError, run, UsageError, version, type Receipt, type RunOptions } from 'creator-enrich'

const umask = process.umask()
const task: RunOptions = { inputs: ['sample.csv'], api: 'simulated', data: 'library', noReport: true }
const receipt: Receipt = await run({ ...task, maxAge: '1d', concurrency: 4, signal: new AbortController().signal })

const messages: string[] = []
const again = await run({ ...task, maxFailed: '100%', logger: { info: (message) => messages.push(message) } })

const refused = await run({ ...task, onAmbiguous: 'hold', inputs: 'absent.csv' }).catch((error: unknown) => error)
if (!(refused instanceof UsageError && refused instanceof RunError)) throw refused

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException'].map((name) => process.listenerCount(name))
const exitCode: number = refused.exitCode
console.log(
  JSON.stringify({
    version,
    exit_codes: [receipt.exit_code, again.exit_code, exitCode],
    usage: EXIT.usage,
    ids: receipt.ids,
    calls: [receipt.calls.sent, again.calls.sent],
    messages: messages.length,
    message: refused.message,
    signals,
    keepsUmask: process.umask() === umask,
  }),
)
