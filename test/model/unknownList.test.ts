import { expect, test } from 'vitest'
import { unknownList } from '../../src/model/unknownList.js'

test('the message is one line, whatever is in a name', () => {
  expect(unknownList('new\nlin', '/data', ['new\nline', 'a\tb', '\u202etxt']).message).toBe(
    String.raw`/data has no list new\u000alin: its lists are \u202etxt, a\u0009b, new\u000aline; did you mean new\u000aline? nothing was changed`,
  )
})
