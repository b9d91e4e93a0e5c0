/** 1 for A5, 27 for AA5; 0 for a place without letters. */
export function columnNumber(place: string): number {
  let column = 0
  for (let at = 0; at < place.length && at < 4; at += 1) {
    const letter = place.charCodeAt(at) - 64
    if (letter < 1 || letter > 26) break
    column = column * 26 + letter
  }
  return column
}
