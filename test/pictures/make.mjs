/** `make pictures`: runs the program on simulated data, and makes every picture of the README from what it shows. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { terminalPicture } from './terminalPicture.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const images = join(root, 'docs/images')
const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
const data = join(folder, 'demo')

/** Runs the command, and notes each line with the seconds at which it came. */
async function record(shown, args) {
  const started = performance.now()
  const lines = [{ text: `$ ${shown}`, at: 0 }]
  const child = spawn(process.execPath, [join(root, 'dist/src/cli.js'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH },
  })
  const note = (stream) =>
    createInterface({ input: stream }).on('line', (line) => {
      const text = line.replaceAll(data, 'data/demo').replaceAll(root, '')
      lines.push({ text, at: (performance.now() - started) / 1000 })
    })
  for (const stream of [child.stdout, child.stderr]) note(stream)
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${shown} ended with ${code}: ${lines.map(({ text }) => text).join('\n')}`)
  return lines
}

function write(name, text) {
  writeFileSync(join(images, name), text)
  process.stdout.write(`${relative(process.cwd(), join(images, name))}\n`)
}

function screenshot(browser, name, size, ...flags) {
  const page = pathToFileURL(join(data, 'reports/latest.html')).href
  const { status, stderr } = spawnSync(
    browser,
    [
      '--headless',
      '--no-sandbox',
      '--hide-scrollbars',
      `--user-data-dir=${join(folder, 'browser')}`,
      ...flags,
      `--window-size=${size}`,
      `--screenshot=${join(images, name)}`,
      page,
    ],
    { encoding: 'utf8', timeout: 120_000 },
  )
  if (status !== 0) throw new Error(`${browser} could not draw ${name}: ${stderr}`)
  process.stdout.write(`docs/images/${name}\n`)
}

function findBrowser() {
  const names = [process.env.CHROMIUM ?? 'chromium', 'chromium-browser', 'google-chrome']
  return names.find((name) => spawnSync(name, ['--version']).status === 0)
}

try {
  const run = await record('make demo', [
    'run',
    'data/samples/creators.csv',
    '--api',
    'simulated',
    '--nights',
    '3',
    '--data',
    data,
  ])
  const start = run.findIndex(({ text }) => text.startsWith('run   '))
  write('run.svg', terminalPicture(run.slice(0, start + 14), { title: 'make demo', animated: true }))
  write('summary.svg', terminalPicture(run.slice(start), { title: 'The closing summary of a run' }))
  const where = ['--where', "tier = 'mega'", '--data', data]
  write(
    'select.svg',
    terminalPicture(await record(`creator-enrich select --where "tier = 'mega'"`, ['select', ...where]), {
      title: 'Creators chosen by select',
    }),
  )
  const browser = findBrowser()
  if (browser === undefined) {
    process.stderr.write(
      'error: no Chromium here, so the pictures of the report stay as they are: install chromium, or name it in CHROMIUM\n',
    )
    process.exitCode = 1
  } else {
    screenshot(browser, 'report.png', '1280,1500')
    screenshot(browser, 'report-phone.png', '500,1100', '--force-dark-mode', '--blink-settings=preferredColorScheme=0')
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
