import type {AccountPorts} from '../../core/ports/ports.js'
import type {HostsPort} from '../../core/ports/hosts.js'
import type {Run} from '../../core/run.js'
import type {Target} from '../../targets/target.js'
import type {DiscoveryCache} from '../discovery/cache.js'
import type {LocalEnd} from '../listener/listener.js'
import type {LoginListener} from '../listener/login-listener.js'
import type {TunnelRequest} from '../tunnel.js'

/** One thing that has to be there before a client can connect. Each step is given what the ones before it have found. */
export interface Step<Before, After> {
  /** Shown while it runs, and named where time is up. */
  readonly title: string
  /** Takes nothing without an undo on `run.undo`. Rejects with the error that ends the opening. */
  run(before: Before): Promise<After>
  /** In a few words: what it found or did. */
  detail(after: After): string
}

/** What every step has. */
export interface Opening {
  readonly request: TunnelRequest
  readonly ports: AccountPorts
  /** Its signal is aborted when time is up, too. */
  readonly run: Run
  readonly hosts: HostsPort
  readonly discoveryCache: DiscoveryCache
  /** Undefined where the port depends on the database. */
  readonly localEnd: LocalEnd | undefined
  /** What logs programs in, where the local end does that by itself. */
  readonly logins: LoginListener | undefined
  /** PEM certificates of the authorities to trust for a database; looked up once for each. */
  readonly trust: (target: Target) => Promise<string>
  /** For what is still to do, in milliseconds; 1 at least. */
  readonly timeLeft: () => number
}
