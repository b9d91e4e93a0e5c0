/**
 * Ids that hold a 小红书号, so that the same person is found by it in each run, and the person's profile shows it. Other ids
 * are not read so: few begin with the mark.
 */
const MARK = 'ed1d'
const SYMBOLS = '0123456789abcdefghijklmnopqrstuvwxyz_-.'
const BASE = BigInt(SYMBOLS.length)
const DIGITS = 24 - MARK.length

/** The id of the person with this handle; undefined if no id can hold it. Letters are in lower case. */
export function idOfHandle(handle: string): string | undefined {
  let number = 0n
  for (const symbol of handle.toLowerCase()) {
    const value = SYMBOLS.indexOf(symbol)
    if (value < 0) return undefined
    // From 1 on, so that zeros at the start count.
    number = number * BASE + BigInt(value + 1)
  }
  const hex = number.toString(16)
  return handle === '' || hex.length > DIGITS ? undefined : `${MARK}${hex.padStart(DIGITS, '0')}`
}

/** The handle that an id holds; undefined for an id that holds none. */
export function handleOfId(id: string): string | undefined {
  if (!id.startsWith(MARK)) return undefined
  let number = BigInt(`0x${id.slice(MARK.length)}`)
  let handle = ''
  while (number > 0n) {
    const value = Number((number - 1n) % BASE)
    handle = SYMBOLS[value]! + handle
    number = (number - 1n - BigInt(value)) / BASE
  }
  return handle === '' ? undefined : handle
}
