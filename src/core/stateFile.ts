import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { isAbsent, unreadablePath } from './absent.js'
import { replaceFile } from './atomicFile.js'
import { LocalError, messageOf } from './errors.js'
import { remedyFor } from './remedyFor.js'

/** A JSON file of the data folder without which something would be lost. */
export interface StateFile<Content> {
  /**
   * @returns undefined if there is no file
   * @throws LocalError when the file exists and cannot be read
   */
  read(path: string): Promise<Content | undefined>
  /**
   * Replaces the file in one step.
   * @throws LocalError when the file cannot be written: the old one stays
   */
  write(path: string, content: Content): Promise<void>
}

/** @param remedy what to do about a damaged file, and why: the end of a sentence */
export function stateFile<Schema extends z.ZodType>(schema: Schema, remedy: string): StateFile<z.infer<Schema>> {
  return {
    async read(path) {
      try {
        return schema.parse(JSON.parse(await readFile(path, 'utf8')))
      } catch (cause) {
        if (isAbsent(cause)) return undefined
        if (!(cause instanceof SyntaxError || cause instanceof z.ZodError)) throw unreadablePath(path, cause)
        // The reason of a SyntaxError repeats a part of the file, which may have line breaks and ids of people.
        const problem = cause instanceof z.ZodError ? 'this version cannot read its content' : 'this is not JSON'
        throw new LocalError(`damaged: ${path}: ${problem}; ${remedy}`, { cause })
      }
    },
    async write(path, content) {
      try {
        await replaceFile(path, (part) => writeFile(part, `${JSON.stringify(content, null, 2)}\n`))
      } catch (cause) {
        throw new LocalError(
          `cannot write ${path}: ${messageOf(cause)}; ${remedyFor(cause, 'free some space, or make the folder writable')}, then run the same command again`,
          { cause },
        )
      }
    },
  }
}
