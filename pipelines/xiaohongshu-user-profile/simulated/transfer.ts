import { randomFrom, seedOf } from './random.js'
import { markedAnswer } from './resolverMarks.js'

/** One link in this number leads to a note. */
const ONE_NOTE_IN = 8

const note = (input: string): unknown => ({
  redirect_url: `https://www.xiaohongshu.com/discovery/item/${hexOf(`${input}/note`)}?app_platform=ios&appuid=${hexOf(`${input}/sharer`)}&xsec_token=AB${hexOf(input)}`,
})
const profile = (input: string): unknown => ({
  redirect_url: `https://www.xiaohongshu.com/user/profile/${hexOf(input)}?xsec_token=AB${hexOf(`${input}/token`)}%3D&xsec_source=app_share&appuid=${hexOf(`${input}/sharer`)}`,
})

/** By the two digits after the marker. */
const UNUSUAL: Readonly<Record<string, (input: string) => unknown>> = {
  '01': () => null,
  '02': () => ({}),
  '03': () => ({ redirect_url: '' }),
  '04': note,
  '05': () => ({ redirect_url: 'https://www.xiaohongshu.com/404?source=short' }),
  '06': (input) => `https://www.xiaohongshu.com/user/profile/${hexOf(input)}`,
  '07': (input) => ({ note_id: hexOf(`${input}/note`), share: { app: `xhsdiscover://user/${hexOf(input)}` } }),
  '08': (input) => ({ user_id: hexOf(input) }),
  '09': profile,
}

/** Where an invented short link leads to. */
export function simulatedTransfer(input: string): unknown {
  const marked = markedAnswer(UNUSUAL, input)
  if (marked) return marked.data
  return seedOf(input) % ONE_NOTE_IN === 0 ? note(input) : profile(input)
}

/** Always the same 24 hex digits for a text. */
function hexOf(text: string): string {
  const { between } = randomFrom(seedOf(text))
  return `5f${Array.from({ length: 22 }, () => between(0, 15).toString(16)).join('')}`
}
