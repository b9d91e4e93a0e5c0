/** The languages of the report, of workbooks, and of the remedies in exports. */
export type Language = 'en' | 'zh'

/** The same texts in each language. */
export type Twins<T> = Readonly<Record<Language, T>>

/** Words for codes; a code without one is shown as it is. */
export type Words = Readonly<Record<string, string>>

/** Of a language in which the codes are words already. */
export const NO_WORDS: Words = {}

/** What people call a column, and what it means. */
export type ColumnWord = readonly [title: string, meaning: string]

/** Words for columns; a column without one is shown by its name and with the description in the database. */
export type ColumnWords = Readonly<Record<string, ColumnWord>>

/** Of the language of the names and descriptions. */
export const NO_COLUMN_WORDS: ColumnWords = {}

/** Puts the texts of one place side by side; the compiler demands a twin for each. */
export function twins<T>(en: T, zh: NoInfer<T>): Twins<T> {
  return { en, zh }
}
