import * as z from 'zod'
import { isObject } from '../model/json.js'
import type { ObjectNode, SourceNode } from './sourceTree.js'

/** A whole number of any size. Those beyond 2^53 are bigints. */
function isWhole(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value)
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isFinite(value)
}

function schemaOf(node: SourceNode): z.ZodType {
  if (node.kind === 'object') return objectSchema(node).nullish()
  if (node.kind === 'list') return z.array(node.item ? objectSchema(node.item) : z.unknown()).nullish()
  switch (node.column.type) {
    case 'text':
      return z.string().nullish()
    case 'flag':
      return z.boolean().nullish()
    case 'count':
      return z.custom<number | bigint>(isWhole).nullish()
    case 'ratio':
      return z.custom<number | bigint>(isNumber).nullish()
    case 'list':
      return z.custom<object>(isObject).nullish()
  }
}

/**
 * A strict schema, so that its issues name every key that the definition does not know. No key is required, because an
 * upstream leaves keys out at will.
 */
export function objectSchema(node: ObjectNode): z.ZodType {
  return z.strictObject(Object.fromEntries([...node.keys].map(([key, child]) => [key, schemaOf(child)])))
}
