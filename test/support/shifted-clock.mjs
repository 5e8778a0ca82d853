// Loaded before a program (NODE_OPTIONS=--import): its clock is ahead by the milliseconds in the file that
// SHIFTED_CLOCK names, and right for as long as there is none.
import {readFileSync} from 'node:fs'

const RealDate = Date

function now() {
  try {
    return RealDate.now() + Number(readFileSync(process.env.SHIFTED_CLOCK, 'utf8'))
  } catch {
    return RealDate.now()
  }
}

globalThis.Date = class Date extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts))
  }

  static now() {
    return now()
  }
}
