import { UsageError } from '../../core/errors.js'
import type { Command, Flow } from '../command.js'
import { bashScript } from './bash.js'
import { fishScript } from './fish.js'
import { completionTree } from './tree.js'
import { zshScript } from './zsh.js'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** Prints the script that completes these commands in one shell. */
export function completionFlow(commands: readonly Command[]): Flow {
  return ({ inputs }) => {
    const [shell = ''] = inputs
    if (!Object.hasOwn(SCRIPTS, shell)) throw new UsageError(`completion ${shell}: expected bash, zsh or fish`)
    process.stdout.write(SCRIPTS[shell as keyof typeof SCRIPTS](completionTree(commands)))
    return Promise.resolve(0)
  }
}
