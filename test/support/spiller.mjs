// Holds a spill folder with one file of the given data folder, until it is stopped.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { layoutOf } from '#src/dataFolder/layout.js'
import { withSpill } from '#src/dataFolder/spill.js'
import { handleSignals } from '#src/terminal/stopSignal.js'

handleSignals()
await withSpill(layoutOf(process.argv[2] ?? ''), async (folder) => {
  writeFileSync(join(String(folder), 'rows.tmp'), 'a profile')
  process.stdout.write(`${folder}\n`)
  await new Promise((resolve) => setTimeout(resolve, 600_000))
})
