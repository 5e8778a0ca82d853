import type {CallerIdentity} from '../core/ports/aws.js'
import type {Ports} from '../core/ports/ports.js'
import type {OpenedTunnel, TunnelStatus} from '../core/results/opened-tunnel.js'
import type {TunnelRecord} from '../core/results/tunnel-record.js'
import type {Say} from '../core/run.js'
import type {LoginFacts, LogoutFacts} from './listener/login-listener.js'
import type {RunRecord} from './registry/record-run.js'

/** A tunnel through which the database has answered, and whose it is. */
export interface TunnelFacts {
  readonly command: TunnelRecord['command']
  readonly opened: OpenedTunnel
  /** As it is now. */
  readonly status: TunnelStatus
  readonly profile?: string | undefined
  /** Unknown when the user was named: then AWS was not asked. */
  readonly caller?: CallerIdentity | undefined
}

/** How a run has ended: the status that dbtunnel exits with, or would, for one of several databases. */
export interface TunnelEnd {
  readonly status: number
}

/** Is told of a tunnel's life. None of these may throw, and what one observer does is no other's concern. */
export interface TunnelObserver {
  /** Once, before anyone can log in. It is waited for. */
  opened?(facts: TunnelFacts): Promise<void> | void
  /** Its state, bastion or session has changed. Only tunnels that are kept open change. */
  changed?(status: TunnelStatus): void
  /** Every second, while it is kept open. */
  second?(status: TunnelStatus): void
  /** A program was logged in, where the local end does that by itself. */
  loggedIn?(login: LoginFacts): void
  /** It is gone. */
  loggedOut?(logout: LogoutFacts): void
  /** Once, whatever ends it. It is waited for. */
  closed?(end: TunnelEnd): Promise<void> | void
}

/** What an observer may use. */
export interface ObserverContext {
  readonly ports: Pick<Ports, 'audit' | 'background' | 'clock'>
  readonly say: Pick<Say, 'notice'>
  /** The run's state file. */
  readonly record: Pick<RunRecord, 'note'>
}

/**
 * Makes the observer of one tunnel, which has just been opened. Each is one file of observers/, which exports it under the
 * name of the file; `npm run build` puts it into the list. What a command shows of its own tunnel comes beside them.
 */
export type MakeObserver = (context: ObserverContext) => TunnelObserver

/** All of them as one: each is told after those before it. */
export function all(observers: readonly TunnelObserver[]): Required<TunnelObserver> {
  return {
    async opened(facts) {
      for (const one of observers) await one.opened?.(facts)
    },
    changed(status) {
      for (const one of observers) one.changed?.(status)
    },
    second(status) {
      for (const one of observers) one.second?.(status)
    },
    loggedIn(login) {
      for (const one of observers) one.loggedIn?.(login)
    },
    loggedOut(logout) {
      for (const one of observers) one.loggedOut?.(logout)
    },
    async closed(end) {
      for (const one of observers) await one.closed?.(end)
    },
  }
}
