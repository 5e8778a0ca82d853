/** A token from the future is refused beyond this, as any signature is; one from the past when its 15 minutes are over. */
const AHEAD_MS = 5 * 60_000
const BEHIND_MS = 15 * 60_000

/** Whether a database would refuse a token that is signed by this clock. `offsetMs` is AWS's time less this machine's. */
export function isTooWrong(offsetMs: number): boolean {
  return -offsetMs > AHEAD_MS || offsetMs > BEHIND_MS
}

export function clockAdvice(offsetMs: number): string {
  return `${clockDifference(offsetMs)} Set it: sudo timedatectl set-ntp true (macOS: sudo sntp -sS time.apple.com)`
}

/** One sentence. */
export function clockDifference(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000)
  return `This computer's clock is ${minutes} minutes ${offsetMs > 0 ? 'behind' : 'ahead of'} AWS's.`
}
