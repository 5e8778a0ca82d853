import type {InstalledHelper} from '../ports/hosts.js'
import type {Say} from '../run.js'

/** An installed helper that is not used: what to say, and what to type. */
export function unusable(why: string): {readonly detail: string; readonly hint: string} {
  return {
    detail: `The installed hosts helper is not used: ${why}.`,
    hint: 'Replace it: dbtunnel hosts install\nOr take it out: dbtunnel hosts uninstall',
  }
}

/** Wherever it would have been of use, and wherever someone looks: sudo goes on to start it for every program of the user's. */
export function tellOfUnusable(installed: InstalledHelper, say: Say): void {
  if (installed.state !== 'unusable') return
  const {detail, hint} = unusable(installed.why)
  say.notice(`${detail}\n${hint}`)
}
