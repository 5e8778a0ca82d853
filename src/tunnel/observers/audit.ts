import type {OpenedTunnel} from '../../core/results/opened-tunnel.js'
import type {MakeObserver, TunnelFacts} from '../observer.js'

/**
 * The user's own record of what was opened, and why: a line when it begins, one for each session that takes the place of a
 * lost one, and one when it ends; two for each login that the local end itself has made. A log that cannot be written is told once, and no reason to stop.
 */
export const audit: MakeObserver = ({ports: {audit, clock}, say}) => {
  const time = (): string => new Date(clock.now()).toISOString()
  let facts: object | undefined
  let session: string | undefined
  let run: string | undefined

  const append = (line: object): Promise<void> =>
    audit.append(JSON.stringify(line)).catch((error: unknown) => {
      facts = undefined
      say.notice(`The audit log could not be written: ${(error as Error).message}.`)
    })
  /** Of one connection; what is known of the tunnel stands in the lines of the same run. */
  const note = async (event: 'login' | 'logout', more: object): Promise<void> => {
    if (facts) await append({event, run, at: time(), ...more})
  }
  const tell = async (event: 'start' | 'session' | 'end', more: object): Promise<void> => {
    if (!facts) return
    facts = {...facts, ...more}
    await append({event, ...facts})
  }
  return {
    /** Before anyone can log in: `kill -9` leaves a trace, too. */
    async opened(tunnel) {
      const {osUser, machine} = audit
      run = session = tunnel.opened.session
      facts = {run: session, start: time(), osUser, machine}
      await tell('start', factsOf(tunnel))
    },
    changed(status) {
      if (status.session === session) return
      session = status.session
      void tell('session', sessionOf(status))
    },
    loggedIn: (login) => void note('login', login),
    loggedOut: (logout) => void note('logout', logout),
    closed: ({status}) => tell('end', {end: time(), status}),
  }
}

/** No statement, and no secret. */
function factsOf({command, opened, profile, caller}: TunnelFacts): object {
  const {target, endpoint, reason, readOnly, region, user, database} = opened
  return {
    command,
    target,
    reason,
    readOnly,
    aws: caller?.arn,
    profile,
    region,
    endpoint: `${endpoint.host}:${endpoint.port}`,
    user,
    database,
    ...sessionOf(opened),
  }
}

function sessionOf({bastion, session}: Pick<OpenedTunnel, 'bastion' | 'session'>): object {
  return {bastion: bastion.id, session}
}
