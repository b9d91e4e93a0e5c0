import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'

/** What `lists --json` prints up to the name of a list, to which the function below adds the data folder. */
const LISTS = '{"data":"d","lists":[{"list":"vip list'

/** Starts a shell with the completion in a folder of some files, types there, and returns what it then ran. */
const SHELLS: Readonly<Record<string, { args: readonly string[]; start: (script: string) => string }>> = {
  bash: {
    args: ['--norc', '--noprofile', '-i'],
    start: (script) =>
      `creator-enrich() { if [ "$2" = --json ]; then echo '${LISTS}'"$4"'"}]}'; else printf 'RAN<%s>\\n' "$*"; fi; }; source '${script}'`,
  },
  zsh: {
    args: ['-f', '-i'],
    start: (script) =>
      `creator-enrich() { if [ "$2" = --json ]; then echo '${LISTS}'"$4"'"}]}'; else print -r -- "RAN<$*>"; fi }; autoload -U compinit; compinit -u -D; source '${script}'`,
  },
  fish: {
    args: ['--no-config', '-i'],
    start: (script) =>
      `function creator-enrich; if test "$argv[2]" = --json; echo '${LISTS}'"$argv[4]"'"}]}'; else; echo "RAN<$argv>"; end; end; source '${script}'`,
  },
}

function isHere(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined
}

/** Types a line with a tab at its end after each line before has been run. */
async function complete(shell: string, script: string, folder: string, typed: readonly string[]): Promise<string[]> {
  const { args, start } = SHELLS[shell]!
  const env = { PATH: process.env['PATH'], TERM: 'xterm', HOME: folder, PS1: '> ' }
  const child = spawn('script', ['-qec', `${shell} ${args.join(' ')}`, '/dev/null'], { cwd: folder, env })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  // The shell also shows the function as it was typed, which holds a `$` or a `%`.
  const ran = () => [...shown.matchAll(/RAN<([^$%>]*)>\s*[\r\n]/g)].map(([, words]) => words!.trimEnd())
  for (const [at, line] of [`${start(script)}\ncreator-enrich ready`, ...typed].entries()) {
    child.stdin.write(at === 0 ? `${line}\n` : `creator-enrich ${line}\t\n`)
    while (ran().length <= at) {
      if (child.exitCode !== null) throw new Error(`${shell} has ended: ${shown}`)
      await new Promise((go) => setTimeout(go, 20))
    }
  }
  child.stdin.end('exit\n')
  child.kill()
  return ran().slice(1)
}

describe.each(Object.keys(SHELLS))('%s', (shell) => {
  test('completes commands, options, their words, files, folders and lists', async ({ skip }) => {
    skip(!isHere(shell), `${shell} is not installed`)
    skip(!isHere('script'), 'script is not installed')
    const folder = temporaryFolder()
    const { stdout, code } = await commandHere(['completion', shell])
    expect(code).toBe(0)
    const script = join(folder, 'completion')
    writeFileSync(script, stdout)
    writeFileSync(join(folder, 'people.csv'), '')
    const typed = [
      'unt',
      'run --enc',
      'run --encoding gb',
      'run --on-ambiguous h',
      'run peo',
      'lists rem',
      'lists remove vi',
      'untrack --data d1 vi',
      'completion z',
    ]
    expect(await complete(shell, script, folder, typed)).toEqual([
      'untrack',
      'run --encoding',
      'run --encoding gb18030',
      'run --on-ambiguous hold',
      'run people.csv',
      'lists remove',
      'lists remove vip list',
      'untrack --data d1 vip listd1',
      'completion zsh',
    ])
  })
})

test('another shell, or none, is exit 2 with one line that names the shells', async () => {
  expect((await commandHere(['completion'])).stderr).toBe("error: missing required argument 'bash|zsh|fish'\n")
  const { code, stderr } = await commandHere(['completion', 'tcsh'])
  expect([code, stderr]).toEqual([2, 'error: completion tcsh: expected bash, zsh or fish\n'])
})
