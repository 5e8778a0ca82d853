import {type IncomingMessage} from 'node:http'
import {authenticate, Refusal} from './authenticate.js'
import {verdictOn} from './authorize.js'
import {type SandboxClock} from './clock.js'
import {type Caller, type KeyStore} from './key-store.js'
import {sessionTagContext} from './services/ssm-sessions.js'
import {type SessionRecord, type SessionRegistry} from './sessions.js'

const ACTION = 'ssmmessages:OpenDataChannel'

export interface UpgradeRules {
  readonly region: string
  readonly keys: KeyStore
  readonly clock: SandboxClock
  readonly sessions: SessionRegistry
}

/** Judges a signed WebSocket upgrade: its signature, then `ssmmessages:OpenDataChannel`. Returns why it is refused. */
export function refusalOfUpgrade(request: IncomingMessage, rules: UpgradeRules): string | undefined {
  const {region, keys, clock, sessions} = rules
  const id = decodeURIComponent(/^\/v1\/data-channel\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '')
  const session = sessions.find(id)
  try {
    const expected = {service: 'ssmmessages', region, keys, now: clock.now()}
    const caller = authenticate(request, new Uint8Array(), expected)
    return session && mayOpen(caller, session, region) ? undefined : `not authorized to perform: ${ACTION}`
  } catch (error) {
    if (error instanceof Refusal) return `${error.kind} ${error.message}`
    throw error
  }
}

/**
 * AWS documents `session/${aws:userid}-*` for this action, and it works for roles, too, whose session ids begin with
 * the session's name alone: so both spellings of the session's ARN count.
 */
function mayOpen(caller: Caller, session: SessionRecord, region: string): boolean {
  const {account} = caller
  if (session.accountId !== account.id) return false
  const suffix = session.id.slice(session.id.lastIndexOf('-'))
  return [session.id, session.ownerUserId + suffix].some((name) => {
    const arn = `arn:aws:ssm:${region}:${account.id}:session/${name}`
    return verdictOn(caller, ACTION, arn, sessionTagContext(session)) === 'allowed'
  })
}
