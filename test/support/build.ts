import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Tests that start the command line start what is compiled: so it is compiled first, if something changed. */
export default function build(): void {
  execFileSync('make', ['-s', 'build'], { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: 'inherit' })
}
