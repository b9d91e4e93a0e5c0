import { expect, test } from 'vitest'
import { dataBlock, html, webAddress } from '../../src/report/html.js'

test('values are escaped, markup is not', () => {
  const name = `<b title="x">'&'</b>`
  expect(
    html`<i class="${name}">${name}${html`<u>${1}</u>`}${[2, html`<br />`]}${null}${false}${undefined}</i>`.text,
  ).toBe(
    '<i class="&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;">&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;<u>1</u>2<br /></i>',
  )
})

test('control characters are removed, line breaks are not', () => {
  expect(html`${'a\u0000b\u001bc\nd\u0085'}`.text).toBe('abc\nd')
})

test('no text in the data ends its element, and each text is read back unchanged', () => {
  const data = { name: '</script><script>alert(1)</script>', other: '<!--\u2028' }
  const { text } = dataBlock('data', data)
  expect(text.match(/<\/?script/g)).toHaveLength(2)
  expect(text).not.toContain('<!--')
  expect(JSON.parse(text.replace(/<[^>]*>/g, ''))).toEqual(data)
})

test.each([
  ['https://people.test/1', true],
  ['javascript:alert(1)', false],
  [' https://people.test/1', false],
  ['https://people.test/1 2', false],
  ['//people.test/1', false],
  ['data:text/html,x', false],
])('%s as an address: %s', (text, good) => {
  expect(webAddress(text)).toBe(good ? text : undefined)
})

test('a text of millions of characters does not fill the page', () => {
  const long = 'x'.repeat(4_000_000)
  expect(html`<td>${long}</td>`.text.length).toBeLessThan(5_000)
  expect(dataBlock('rows', [{ name: long }]).text.length).toBeLessThan(5_000)
})
