import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Language, Twins } from '../../src/model/language.js'
import { insertCreators, openReportFixture } from '../report/reportFixture.js'
import { temporaryFolder } from '../support/folder.js'

const HOSTILE = '<img src=x onerror="window.hit=1"></script><script>window.hit=1</script>'
const RUN = '20261120T180000Z-0001'

/** Debian's Chromium; playwright-core is its driver. */
const executablePath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find(existsSync)

let browser: Browser | undefined
beforeAll(async () => {
  if (executablePath === undefined) return
  // Chromium refuses to run as root with its sandbox.
  browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
})
afterAll(() => browser?.close())

interface Opened {
  readonly page: Page
  /** Console messages, errors and requests of the page. */
  readonly events: string[]
}

/** The report of 10,000 creators, the first of them hostile, in each language. */
async function report(): Promise<Twins<string>> {
  const fixture = await openReportFixture()
  await insertCreators(fixture, 10_000)
  await fixture.rows(`UPDATE creators SET nickname = '${HOSTILE}', bio = '${HOSTILE}' WHERE fans = 1000000`)
  await fixture.rows(`UPDATE creators SET fans = NULL WHERE nickname = '达人5'`)
  await fixture.rows(`UPDATE creators SET nickname = '=1+1', bio = 'I sell "green" tea' WHERE nickname = '达人77'`)
  await fixture.rows(
    `INSERT INTO creator_tags (user_id, position, name) SELECT user_id, 0, '茶艺师' FROM creators WHERE fans = 8800`,
  )
  const members = [
    { list: `list ${HOSTILE}`, id: '5f0000000000000000000001', status: 'failed', reason: HOSTILE } as const,
  ]
  await fixture.record(RUN, [...members, { list: 'other', id: '5f0000000000000000000002', status: 'enriched' }])
  return { en: await fixture.page('en'), zh: await fixture.page('zh') }
}

let texts: Promise<Twins<string>> | undefined

/** Opens the report from the disk. */
async function open(options: { width: number; dark?: boolean; lang?: Language } = { width: 1280 }): Promise<Opened> {
  const path = join(temporaryFolder(), 'report.html')
  writeFileSync(path, (await (texts ??= report()))[options.lang ?? 'en'])

  const context = await browser!.newContext({
    viewport: { width: options.width, height: 800 },
    colorScheme: options.dark ? 'dark' : 'light',
  })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const events: string[] = []
  page.on('console', (message) => events.push(message.text()))
  page.on('pageerror', (error) => events.push(String(error)))
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(path).href) events.push(`requested ${request.url()}`)
  })
  await page.goto(pathToFileURL(path).href)
  return { page, events }
}

const names = (page: Page) =>
  page
    .locator('.creators tbody th')
    .allTextContents()
    .then((all) => all.map((name) => name.trim()))
const statusText = (page: Page) => page.locator('[role=status]').textContent()

const SKIP_REASON = 'chromium is not on the PATH: apt install chromium'

test('search, filter, sort and pages of 10,000 creators, by mouse and by keyboard; hostile names have no effect', async ({
  skip,
}) => {
  skip(browser === undefined, SKIP_REASON)
  const { page, events } = await open()
  expect(await statusText(page)).toBe('1–50 of 10,000')
  expect((await names(page)).slice(0, 2)).toEqual([HOSTILE, '达人9999'])

  // By mouse.
  await page.getByRole('button', { name: 'Followers' }).click()
  expect((await names(page)).slice(0, 2)).toEqual(['达人1', '达人2'])
  await page.getByRole('button', { name: 'Next' }).click()
  expect(await statusText(page)).toBe('51–100 of 10,000')
  await page.locator('summary', { hasText: 'Province' }).click()
  await page.getByRole('checkbox', { name: '广东' }).check()
  expect(await statusText(page)).toBe('1–50 of 3,333 (of 10,000)')
  await page.getByLabel('Followers from').fill('999000')
  expect(await names(page)).toEqual(['达人9990', '达人9993', '达人9996', '达人9999'])
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByLabel('Search').fill('5f000000000000000000270f')
  expect(await names(page)).toEqual(['达人9999'])
  await page.getByLabel('Search').fill('nobody')
  expect(await statusText(page)).toBe('No creator matches: clear a filter.')
  await page.getByRole('button', { name: 'Clear' }).click()

  // Unknown values come last in both directions.
  for (let direction = 0; direction < 2; direction += 1) {
    await page.getByRole('button', { name: 'Followers' }).click()
    await page.getByLabel('Search').fill('达人5')
    while (await page.getByRole('button', { name: 'Next' }).isEnabled()) {
      await page.getByRole('button', { name: 'Next' }).click()
      if (!(await page.locator('.pages').isVisible())) break
    }
    expect((await names(page)).at(-1)).toBe('达人5')
    await page.getByRole('button', { name: 'Clear' }).click()
  }

  // By keyboard.
  await page.getByLabel('Search').focus()
  await page.keyboard.type('达人12')
  expect(await statusText(page)).toBe('1–50 of 111 (of 10,000)')
  await page.getByRole('button', { name: 'Creator' }).focus()
  await page.keyboard.press('Enter')
  expect(await page.locator('th[aria-sort=ascending]').innerText()).toContain('Creator')
  expect((await names(page))[0]).toBe('达人12')
  await page.keyboard.press('Space')
  expect(await page.locator('th[aria-sort=descending]').innerText()).toContain('Creator')
  expect(await page.locator('th[aria-sort]:not([aria-sort=none])').count()).toBe(1)

  expect(await page.evaluate('window.hit')).toBeUndefined()
  expect(events).toEqual([])
})

test('several words of a column, a search in bio and tags, an address that keeps them, and a download of what is found', async ({
  skip,
}) => {
  skip(browser === undefined, SKIP_REASON)
  const { page, events } = await open()
  const choose = async (menu: string, ...words: string[]) => {
    await page.locator('summary', { hasText: menu }).click()
    for (const word of words) await page.getByRole('checkbox', { name: word, exact: false }).check()
    await page.keyboard.press('Escape')
  }
  await choose('Province', '广东', '浙江')
  expect(await statusText(page)).toBe('1–50 of 10,000')
  expect(await page.locator('summary', { hasText: 'Province' }).innerText()).toContain('2 chosen')
  await choose('Tier', 'nano')
  expect(await statusText(page)).toBe('1–50 of 99 (of 10,000)')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('button', { name: 'Creator' }).click()
  const address = page.url()
  const shown = await names(page)
  expect(decodeURIComponent(address)).toMatch(/#creators\?tier=nano&province=浙江&province=广东&sort=nickname$/)

  // The address brings it back.
  await page.goto('about:blank')
  await page.goto(address)
  expect(await statusText(page)).toBe('1–50 of 99 (of 10,000)')
  expect(await names(page)).toEqual(shown)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => statusText(page)).toBe('1–50 of 10,000')

  await page.getByLabel('Search').fill('茶艺')
  expect(await names(page)).toEqual(['达人88茶艺师'])
  await page.getByLabel('Search').fill('GREEN sell')
  expect(await statusText(page)).toBe('1–1 of 1 (of 10,000)')
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ])
  expect(saved.suggestedFilename()).toBe('creators.csv')
  const [head, row, end] = readFileSync(await saved.path(), 'utf8').split('\n')
  expect(head).toMatch(/^\ufeffuser_id,nickname,fans,.*,profile_url,bio_and_tags$/)
  expect(row).toMatch(/^5f000000000000000000004d,'=1\+1,7700,.*,"I sell ""green"" tea"$/)
  expect(end).toBe('')
  expect(events).toEqual([])
})

test('the table shows all its columns from 1280 pixels on, and its head stays in view', async ({ skip }) => {
  skip(browser === undefined, SKIP_REASON)
  for (const width of [1280, 1920]) {
    const { page } = await open({ width })
    await page.locator('a.skip').focus()
    await page.keyboard.press('Enter')
    await page.mouse.wheel(0, 1000)
    const last = page.locator('.creators thead th').last()
    const inView = async () => {
      const { x, y, width: wide } = (await last.boundingBox())!
      return x + wide <= width && y >= 0 && y < 100
    }
    await expect.poll(inView).toBe(true)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  }
})

test.for<{ what: string; width: number; dark?: boolean; lang?: Language }>([
  { what: 'a desk', width: 1280 },
  { what: 'a phone in the dark', width: 390, dark: true },
  { what: 'a desk, in Chinese', width: 1280, lang: 'zh' },
  { what: 'a phone, in Chinese', width: 390, lang: 'zh' },
])(
  'on $what: axe finds nothing serious, and nothing is wider than the screen',
  async ({ width, dark = false, lang = 'en' }, { skip }) => {
    skip(browser === undefined, SKIP_REASON)
    const { page } = await open({ width, dark, lang })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    expect(await statusText(page)).toBe(lang === 'zh' ? '第 1–50 位，共 10,000 位' : '1–50 of 10,000')
    // The debugger is not bound by the page's policy.
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
    const { violations } = await page.evaluate<{
      violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
    }>('axe.run()')
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`)).toEqual([])
  },
)
