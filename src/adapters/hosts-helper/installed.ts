import {lstatSync, readFileSync} from 'node:fs'
import type {InstalledHelper} from '../../core/ports/hosts.js'
import {errnoOf} from '../errno.js'
import {FOLDER, FORMER_HELPER, HELPER, NODE, PROGRAM, RULES, STAMP} from './places.js'
import {digest, isOwnStamp, readStamp, type Stamp} from './stamp.js'
import {weaknessForRoot} from '../files/trust.js'

/** Looked at anew each time: sudo would start whatever lies there. */
export function installedHelper(): InstalledHelper {
  const [files, rules] = [look(FOLDER), look(RULES)]
  // Where neither can be looked at, an earlier version may have installed one that its user cannot see.
  const isAbsent = rules !== 'there' && (files === 'absent' || (files === 'hidden' && rules === 'absent'))
  if (isAbsent) return {state: 'absent'}
  const why = files === 'hidden' ? `you may not look into ${FOLDER}` : whyNot()
  return why === undefined ? {state: 'usable'} : {state: 'unusable', why}
}

/** What sudo's rule lets the user start without a password. */
export function installedCommand(): readonly string[] | undefined {
  const stamp = installedHelper().state === 'usable' ? readStamp() : undefined
  return stamp && [NODE, ...stamp.words, HELPER]
}

function whyNot(): string | undefined {
  const stamp = readStamp()
  if (!stamp || look(FORMER_HELPER) !== 'absent') {
    return 'an earlier version of dbtunnel installed it, and sudo lets every program of yours become root through it'
  }
  const weak = weaknessForRoot(HELPER) ?? weaknessForRoot(NODE) ?? weaknessForRoot(STAMP)
  if (weak !== undefined) return weak
  if (!isOwn(stamp)) return 'it is of another version of dbtunnel'
  return areRules(stamp.rules) ? undefined : `${RULES} is missing, or not what "dbtunnel hosts install" made`
}

function isOwn(stamp: Stamp): boolean {
  try {
    return isOwnStamp(stamp) && readFileSync(HELPER).equals(readFileSync(PROGRAM))
  } catch {
    return false
  }
}

/** As far as we may read them. */
function areRules(sha256: string): boolean {
  try {
    return digest(readFileSync(RULES)) === sha256
  } catch (error) {
    return errnoOf(error) === 'EACCES'
  }
}

function look(path: string): 'there' | 'absent' | 'hidden' {
  try {
    return lstatSync(path, {throwIfNoEntry: false}) ? 'there' : 'absent'
  } catch (error) {
    return errnoOf(error) === 'EACCES' ? 'hidden' : 'absent'
  }
}
