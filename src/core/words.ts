/** A number as people read it: `1,234`. */
export function count(number: number): string {
  return number.toLocaleString('en-US')
}

/** `1 row`, `2 rows`. */
export function plural(number: number, what: string, more = `${what}s`): string {
  return `${count(number)} ${number === 1 ? what : more}`
}
