/** The fields that are kept: `true` keeps the value whole, a shape keeps these fields of a struct or of a list of structs. */
export interface Shape {
  readonly [field: number]: Shape | true
}

export type ThriftValue = number | boolean | Buffer | ThriftStruct | ThriftValue[]
export type ThriftStruct = Map<number, ThriftValue>

/** The numbers of Thrift's compact protocol for types. */
const TRUE = 1
const FALSE = 2
const BYTE = 3
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const MAP = 11
const STRUCT = 12
const UUID = 13

/** More levels than any writer needs. A damaged file may have more. */
const DEEPEST = 64

/**
 * Reads one struct in Thrift's compact protocol, in which Parquet describes itself.
 * @throws RangeError if the bytes are not such a struct
 */
export function readStruct(bytes: Buffer, shape: Shape): ThriftStruct {
  return new CompactReader(bytes).struct(shape, 0)
}

class CompactReader {
  private at = 0

  constructor(private readonly bytes: Buffer) {}

  struct(shape: Shape | undefined, depth: number): ThriftStruct {
    if (depth > DEEPEST) throw new RangeError('its description is nested too deeply')
    const fields: ThriftStruct = new Map()
    for (let field = 0; ;) {
      const head = this.byte()
      if (head === 0) return fields
      field = head >> 4 ? field + (head >> 4) : this.integer()
      const type = head & 15
      const wanted = shape?.[field]
      // In a field the type of a boolean is its value.
      const value = type <= FALSE ? type === TRUE : this.value(type, wanted === true ? undefined : wanted, depth)
      if (wanted !== undefined) fields.set(field, value)
    }
  }

  private value(type: number, shape: Shape | undefined, depth: number): ThriftValue {
    switch (type) {
      case TRUE:
      case FALSE:
        return this.byte() === TRUE
      case BYTE:
        return this.byte()
      case DOUBLE:
        return this.take(8).readDoubleLE()
      case BINARY:
        return this.take(this.varint())
      case UUID:
        return this.take(16)
      case STRUCT:
        return this.struct(shape, depth + 1)
      case LIST:
      case SET:
        return this.list(shape, depth)
      case MAP:
        return this.map(depth)
      default:
        if (type > DOUBLE) throw new RangeError('its description has an unknown type')
        return this.integer()
    }
  }

  private list(shape: Shape | undefined, depth: number): ThriftValue[] {
    const head = this.byte()
    const size = head >> 4 === 15 ? this.varint() : head >> 4
    const items: ThriftValue[] = []
    for (let n = 0; n < size; n += 1) items.push(this.value(head & 15, shape, depth + 1))
    return items
  }

  /** Parquet's description needs no map, so it is passed over. */
  private map(depth: number): ThriftValue[] {
    const size = this.varint()
    const types = size > 0 ? this.byte() : 0
    for (let n = 0; n < size; n += 1) {
      this.value(types >> 4, undefined, depth + 1)
      this.value(types & 15, undefined, depth + 1)
    }
    return []
  }

  private byte(): number {
    return this.take(1)[0]!
  }

  private take(count: number): Buffer {
    const end = this.at + count
    if (end > this.bytes.length) throw new RangeError('its description is cut')
    const taken = this.bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  /** Exact up to 2^53. */
  private varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      if (scale > 2 ** 63) throw new RangeError('its description has a number without an end')
    }
  }

  /** Signed numbers are stored as 0, −1, 1, −2 … */
  private integer(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
