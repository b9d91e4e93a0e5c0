import { longMoneyText, NOT_KNOWN, type Count } from '../core/text.js'
import { DAY_MS } from '../core/time.js'
import { twins, type Language } from '../model/language.js'

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const hundredths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const COMPACT = { notation: 'compact', maximumFractionDigits: 1 } as const
const short = twins(new Intl.NumberFormat('en-US', COMPACT), new Intl.NumberFormat('zh-CN', COMPACT))

/** `1.2M`, `120万`: for axes and large sums. */
export function compactNumber(number: Count | null, lang: Language): string {
  return number === null ? NOT_KNOWN : short[lang].format(number)
}

/** `+1,234` or `−1,234`. */
export function change(number: Count | null): string {
  if (number === null) return NOT_KNOWN
  return plusOrMinus(number) + whole.format(number < 0 ? -number : number)
}

/** `34.24`: a price. */
export function decimal(number: number): string {
  return hundredths.format(number)
}

/** `+1.2M`, `+120万`. */
export function compactChange(number: Count | null, lang: Language): string {
  if (number === null) return NOT_KNOWN
  return plusOrMinus(number) + short[lang].format(number < 0 ? -number : number)
}

function plusOrMinus(number: Count): string {
  if (number > 0) return '+'
  return number < 0 ? '−' : '±'
}

/** `12.3%` for a share from 0 to 1; a share above 0 is never shown as 0. */
export function sharePercent(share: number | null): string {
  if (share === null) return NOT_KNOWN
  if (share > 0 && share < 0.001) return '<0.1%'
  const digits = share === 0 || share === 1 ? 0 : 1
  return `${(100 * share).toFixed(digits)}%`
}

export function changePercent(share: number | null): string {
  return share === null ? NOT_KNOWN : `${plusOrMinus(share)}${(100 * Math.abs(share)).toFixed(1)}%`
}

export function money(amount: number | null, currency: string | null): string {
  if (amount === null) return NOT_KNOWN
  return longMoneyText(amount, currency ?? '').trim()
}

/** `2026-11-17 02:00` in this zone; `time` in milliseconds since 1970. */
export function minuteIn(timeZone: string, time: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(time)
}

/** `2026-11-17`, from days since 1970-01-01. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

const UNITS = twins({ s: 's', min: 'min', h: 'h' }, { s: '秒', min: '分钟', h: '小时' })

export function seconds(ms: number, lang: Language): string {
  const unit = UNITS[lang]
  const s = ms / 1000
  if (s < 60) return `${s.toFixed(s < 10 ? 1 : 0)} ${unit.s}`
  const minutes = Math.round(s / 60)
  const rest = `${minutes % 60} ${unit.min}`
  return minutes < 60 ? rest : `${Math.floor(minutes / 60)} ${unit.h} ${rest}`
}
