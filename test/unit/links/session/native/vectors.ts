import {readFileSync} from 'node:fs'

interface Decoded {
  readonly headerLength: number
  readonly type: string
  readonly created: number
  readonly seq: number
  readonly flags: number
  readonly id: string
  readonly payloadType: number | null
  readonly payload: string
}

export interface Vector {
  readonly name: string
  readonly direction: 'client to server' | 'server to client'
  readonly text?: string
  readonly hex?: string
  readonly decoded?: Decoded
}

/** What was recorded between the real plugin (1.2.677) and an agent. */
export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../../../support/datachannel.vectors.json', import.meta.url), 'utf8'),
)

export const binaryVectors = vectors.flatMap((vector) =>
  vector.hex && vector.decoded ? [{...vector, frame: Buffer.from(vector.hex, 'hex'), decoded: vector.decoded}] : [],
)

/** The recorded frame of that name. */
export function recorded(name: string): Buffer {
  const vector = binaryVectors.find((one) => one.name === name)
  if (!vector) throw new Error(`no vector ${name}`)
  return vector.frame
}
