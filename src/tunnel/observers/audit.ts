import type {Settings} from '../../settings/settings.js'
import {CATALOG, isDbtunnelError} from '../../core/errors.js'
import type {AuditPort} from '../../core/ports/audit.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Say} from '../../core/run.js'
import type {TunnelRecord} from '../../core/results/tunnel-record.js'
import type {Session} from '../../links/link.js'
import type {Tunnel} from '../open-tunnel.js'

export interface AuditPorts {
  readonly audit: AuditPort
  readonly clock: Pick<Clock, 'now'>
  readonly say: Pick<Say, 'notice'>
}

/** What the log is told of one run. */
export interface AuditTrail {
  /** Before anyone can log in: `kill -9` leaves a trace, too. Never rejects. */
  start(run: AuditedRun): Promise<void>
  /** A lost session has another one in its place. Never rejects. */
  replaced(session: Session): Promise<void>
  /** Waits for the end of all work, and gives it. `statusOf` is the exit status, where that ends well. */
  end<T>(work: Promise<T>, statusOf: (result: T) => number): Promise<T>
}

export interface AuditedRun {
  readonly command: TunnelRecord['command']
  /** As it was typed. */
  readonly target: string
  readonly settings: Pick<Settings, 'profile' | 'readOnly' | 'reason'>
  readonly tunnel: Pick<Tunnel, 'target' | 'caller' | 'user' | 'database' | 'opened'>
}

/** A run that comes to no session is none to tell of. A log that cannot be written is said once, and no reason to stop. */
export function auditTrail({audit, clock, say}: AuditPorts): AuditTrail {
  const time = (): string => new Date(clock.now()).toISOString()
  let facts: object | undefined

  const tell = async (event: 'start' | 'session' | 'end', more: object): Promise<void> => {
    if (!facts) return
    facts = {...facts, ...more}
    await audit.append(JSON.stringify({event, ...facts})).catch((error: unknown) => {
      facts = undefined
      say.notice(`The audit log is not written: ${(error as Error).message}.`)
    })
  }
  return {
    async start(run) {
      const {osUser, machine} = audit
      facts = {run: run.tunnel.opened.session.id, start: time(), osUser, machine}
      await tell('start', factsOf(run))
    },
    replaced: (session) => tell('session', sessionOf(session)),
    async end(work, statusOf) {
      try {
        const result = await work
        await tell('end', {end: time(), status: statusOf(result)})
        return result
      } catch (error) {
        await tell('end', {end: time(), status: isDbtunnelError(error) ? error.exitCode : CATALOG.INTERNAL.exit})
        throw error
      }
    },
  }
}

/** No statement, and no secret. */
function factsOf({command, target: typed, settings, tunnel}: AuditedRun): object {
  const {profile, readOnly, reason} = settings
  const {target, caller, user, database, opened} = tunnel
  const {host, port} = target.endpoint
  return {
    command,
    target: typed,
    reason,
    readOnly,
    aws: caller?.arn,
    profile,
    region: target.region,
    endpoint: `${host}:${port}`,
    user,
    database,
    ...sessionOf(opened.session),
  }
}

function sessionOf({bastion, id}: Session): object {
  return {bastion: bastion.id, session: id}
}
