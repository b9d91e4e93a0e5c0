// Runs commands one after the other in one process, as the program does after its start, and prints how each ended as JSON.
// Arguments: the umask, and the arguments of each command as JSON.
import process from 'node:process'
import { keepOthersOut } from '#src/core/fileModes.js'
import { main } from '#src/commands/program.js'

const [umask, commands] = process.argv.slice(2)
process.umask(Number.parseInt(umask, 8))
keepOthersOut()

const print = process.stdout.write.bind(process.stdout)
let said = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr']) {
  process[name].write = (text, ...others) => {
    said[name] += text
    others.find((each) => typeof each === 'function')?.()
    return true
  }
}
const ended = []
for (const args of JSON.parse(commands)) {
  said = { stdout: '', stderr: '' }
  ended.push({ code: await main(args), ...said })
}
print(JSON.stringify(ended))
