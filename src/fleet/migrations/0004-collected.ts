/** The calls of a session whose ends are collected, by their numbers in it: an end that is shipped again is known by them. */
export const collectedColumn = `
ALTER TABLE sessions ADD COLUMN collected int8multirange NOT NULL DEFAULT '{}';`
