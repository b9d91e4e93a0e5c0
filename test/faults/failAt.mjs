// Loaded into a run's process before it starts (`NODE_OPTIONS=--import=…`). It counts the operations on files, and makes
// the N-th one fail. FAIL_AT is JSON: `at` (N; 0: only count), `how`, `only` (the operations that count; default all),
// `count` (a file to which the number of each operation is written at the end).
//
//   kill    the process dies before the operation
//   torn    the process dies during it: half of a write is written; any other operation is completed
//   short   half of a write is written and reported as such; the process goes on
//   power   the process dies before it, and unsynced bytes of files and names in folders are lost
//   EIO …   the operation fails with this error, once
import {
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const { at, how, only, count } = JSON.parse(process.env.FAIL_AT)
const WRITES = ['write', 'writev', 'writeFile', 'appendFile']
const OF_HANDLE = [...WRITES, 'truncate', 'sync', 'datasync']
const OF_PATH = ['mkdir', 'rename', 'unlink', 'rm', 'copyFile', 'link', 'symlink', 'chmod']
const counts = {}
let done = 0

/** What a power loss would remove: bytes without a later sync, and names in folders without a later sync. */
class Unsynced {
  /** The file at each path; a rename moves it. `size` is the number of its durable bytes. */
  files = new Map()
  byHandle = new WeakMap()
  names = []
  keptFiles = 0
  scratch = mkdtempSync(join(tmpdir(), 'unsynced-'))

  /** Bytes that were in a file before count as durable. */
  opened(handle, path, size) {
    if (!this.files.has(path)) this.files.set(path, { path, size: size ?? 0 })
    this.byHandle.set(handle, this.files.get(path))
    if (size === undefined) this.named(path, () => rmSync(path, { force: true }))
  }

  /** `size` is from before the sync, because the sync may not cover bytes written during it. */
  synced(handle, size) {
    const file = this.byHandle.get(handle)
    file.size = size
    this.names = this.names.filter(({ folder }) => folder !== file.path)
  }

  named(path, undo) {
    this.names.push({ folder: dirname(path), undo })
  }

  renamed(from, to) {
    const file = this.files.get(from)
    this.files.delete(from)
    if (!file) return
    file.path = to
    this.files.set(to, file)
  }

  /** Gives the file a second name, before it loses the name at this path. */
  keep(path) {
    if (!existsSync(path) || lstatSync(path).isDirectory()) return undefined
    this.keptFiles += 1
    const kept = join(this.scratch, String(this.keptFiles))
    linkSync(path, kept)
    return kept
  }

  losePower() {
    for (const { path, size } of this.files.values()) {
      const now = lstatSync(path, { throwIfNoEntry: false })
      if (now?.isFile() && now.size > size) truncateSync(path, size)
    }
    for (const { undo } of this.names.reverse()) undo()
    rmSync(this.scratch, { recursive: true, force: true })
  }
}

const unsynced = how === 'power' ? new Unsynced() : undefined

function die() {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

/** Like an error of Node: it names the path of an operation on a path, but not of one on an open file. */
function failure(name, args) {
  const named = OF_PATH.includes(name) ? { path: args[0] } : {}
  return Object.assign(new Error(`${how}: injected, ${name}`), { code: how, syscall: name, errno: -1, ...named })
}

/** Writes the first half of the bytes at their place. */
async function writeHalf(handle, name, [data, position]) {
  const bytes = Buffer.concat([data].flat().map((piece) => Buffer.from(piece)))
  const half = bytes.subarray(0, bytes.length >> 1)
  return original.write.call(handle, half, 0, half.length, name === 'writev' ? position : null)
}

/** @param act does the real operation */
async function operation(name, act, self, args) {
  counts[name] = (counts[name] ?? 0) + 1
  if (only && !only.includes(name)) return act()
  done += 1
  if (done !== at) return act()
  if (how === 'kill') return die()
  if (how === 'power') {
    unsynced.losePower()
    return die()
  }
  if (how === 'short') return writeHalf(self, name, args)
  if (how !== 'torn') throw failure(name, args)
  // An operation may fail as it should, such as the creation of a folder that exists.
  await (WRITES.includes(name) ? writeHalf(self, name, args) : act()).catch(() => undefined)
  return die()
}

/** A folder that was removed as a whole later does not come back, so its files do not either. */
function bringBack(kept, path) {
  if (existsSync(dirname(path))) linkSync(kept, path)
}

/** Prepares the undo of an operation on a path. @returns a function to call after the operation, or undefined */
function prepareUndo(name, [first, second]) {
  const [from, to] = [first, second].map((path) => (typeof path === 'string' ? resolve(path) : undefined))
  const kept = unsynced.keep(name === 'rename' ? to : from)
  if (name === 'rename') {
    return () => {
      unsynced.renamed(from, to)
      unsynced.named(to, () => {
        if (existsSync(to)) renameSync(to, from)
        if (kept) bringBack(kept, to)
      })
    }
  }
  if (name === 'unlink' || name === 'rm') {
    return () => kept && unsynced.named(from, () => existsSync(from) || bringBack(kept, from))
  }
  if (name === 'mkdir') {
    return (firstMade) => {
      const made = second?.recursive ? firstMade : from
      for (let path = from; made && path.length >= made.length; path = dirname(path)) {
        const folder = path
        unsynced.named(folder, () => rmSync(folder, { recursive: true, force: true }))
      }
    }
  }
  if (name === 'chmod' || existsSync(to)) return undefined
  return () => {
    if (name === 'copyFile') unsynced.files.set(to, { path: to, size: 0 })
    unsynced.named(to, () => rmSync(to, { force: true }))
  }
}

const { open } = promises
const probe = await open(fileURLToPath(import.meta.url))
const prototype = Object.getPrototypeOf(probe)
await probe.close()
const original = Object.fromEntries(OF_HANDLE.map((name) => [name, prototype[name]]))

for (const name of OF_HANDLE) {
  prototype[name] = function (...args) {
    const act = async () => {
      const size = unsynced && name.endsWith('sync') ? fstatSync(this.fd).size : 0
      const result = await original[name].apply(this, args)
      if (unsynced && name.endsWith('sync')) unsynced.synced(this, size)
      return result
    }
    return operation(name, act, this, args)
  }
}
for (const name of OF_PATH) {
  const realOperation = promises[name]
  promises[name] = (...args) => {
    const act = async () => {
      const registerUndo = unsynced && prepareUndo(name, args)
      const result = await realOperation(...args)
      registerUndo?.(result)
      return result
    }
    return operation(name, act, undefined, args)
  }
}
promises.open = async (path, ...rest) => {
  const size = unsynced && lstatSync(path, { throwIfNoEntry: false })?.size
  const handle = await open(path, ...rest)
  unsynced?.opened(handle, resolve(path), size)
  return handle
}
syncBuiltinESMExports()

process.on('exit', () => {
  if (unsynced) rmSync(unsynced.scratch, { recursive: true, force: true })
  if (count) writeFileSync(count, JSON.stringify(counts))
})
