import type {Bastion} from '../../bastions/bastion.js'
import {type ErrorCode, hasCode} from '../../core/errors.js'
import {nodeName} from '../../core/grammars.js'
import {TargetNotConnected} from '../../core/ports/aws.js'
import type {Run} from '../../core/run.js'
import {partOf} from '../../core/teardown.js'
import type {Carrier, Link} from '../link.js'
import {noneConnected} from './start-session.js'

/** A bastion, and what carries the session to it. */
export interface Way {
  readonly bastion: Bastion
  readonly carrier: Carrier
  /** Whether another carrier is tried where this one does not get through. */
  readonly hasOther: boolean
}

/** So many sessions that lead nowhere are enough: what is shut for three bastions is shut for the rest. */
const MOST_TRIED = 3
/** What another bastion may do better. */
const OF_ONE_BASTION: readonly ErrorCode[] = ['DATABASE_UNREACHABLE', 'SESSION_FAILED', 'TIMEOUT', 'TUNNEL_LOST']
/** The plugin says too little to tell its own silence from the bastion's. */
const OF_PLUGIN_TOO: readonly ErrorCode[] = ['SESSION_FAILED', 'TIMEOUT', 'TUNNEL_LOST']

/**
 * Opens by the first bastion and carrier that lead to the database. What fails for a reason of this machine gives way to the
 * next carrier, what fails at a bastion to the next bastion, and one line names it and why that may be; what it had taken
 * is undone. Rejects with BASTION_NONE where no bastion is connected, else with the last failure, or with the first that no
 * other way can mend.
 */
export async function openByFirst(
  bastions: readonly Bastion[],
  carriers: readonly Carrier[],
  open: (way: Way, run: Run) => Promise<Link>,
  run: Run,
  {
    timeLeft,
    account,
  }: {timeLeft: () => number; account: {readonly region: string; readonly profile?: string | undefined}},
): Promise<Link> {
  const others = [...carriers]
  let carrier = others.shift()
  if (!carrier) throw new Error('No carrier was chosen.')
  const left = [...bastions]
  let failure: Error | undefined
  const told = new Map<string, string>()
  let tried = 0
  for (let bastion = left.shift(); bastion;) {
    const taken = partOf(run.undo)
    try {
      return await open({bastion, carrier, hasOther: others.length > 0}, {...run, undo: taken})
    } catch (error) {
      run.signal.throwIfAborted()
      const blame = blameFor(error, carrier)
      if (!blame) throw error
      if (error instanceof TargetNotConnected) {
        if (error.told !== undefined) told.set(bastion.id, error.told)
      } else {
        failure = error as Error
        tried++
      }
      const next: Carrier | undefined = blame === 'bastion' ? undefined : others.shift()
      if (next && blame === 'either') left.push(bastion)
      const goesOn: Bastion | undefined = next && blame === 'carrier' ? bastion : left.shift()
      carrier = next ?? carrier
      if (!goesOn || tried === MOST_TRIED || timeLeft() <= 1) break
      await taken.undo()
      tell(error, bastion, goesOn, next, run)
      bastion = goesOn
    }
  }
  throw failure ?? noneConnected(bastions, told, account)
}

function blameFor(error: unknown, {id}: Carrier): 'bastion' | 'carrier' | 'either' | undefined {
  if (error instanceof TargetNotConnected) return 'bastion'
  if (hasCode(error, 'PLUGIN_UNUSABLE')) return 'carrier'
  if (!hasCode(error, ...OF_ONE_BASTION)) return undefined
  return id === 'plugin' && hasCode(error, ...OF_PLUGIN_TOO) ? 'either' : 'bastion'
}

function tell(error: unknown, failed: Bastion, next: Bastion, carrier: Carrier | undefined, {say}: Run): void {
  const {message, hint} = error as Error & {readonly hint?: string}
  if (error instanceof TargetNotConnected) {
    if (error.told !== undefined) return say.notice(`${message} Continuing with ${nodeName(next)}.`)
    return say.debug(`${nodeName(failed)} is not connected to Session Manager: ${message}`)
  }
  // What could be to blame for a database out of reach has not been looked at.
  const why = hint === undefined || !hasCode(error, 'TIMEOUT') ? '' : ` ${hint.split('\n')[0]}`
  const by = next === failed ? [] : [`with ${nodeName(next)}`]
  if (carrier) by.push(hasCode(error, 'PLUGIN_UNUSABLE') ? 'without it' : 'without the plugin')
  say.notice(`${message}${why} Continuing ${by.join(', ')}.`)
}
