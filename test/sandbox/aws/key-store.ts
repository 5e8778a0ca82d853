import {randomBytes} from 'node:crypto'
import {type SandboxClock} from './clock.js'
import {type Account, type Identity} from './model.js'

const HOUR = 60 * 60_000

/** An access key as its holder has it. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretKey: string
  /** Of temporary keys. */
  readonly sessionToken?: string | undefined
  /** When temporary keys end, in milliseconds since 1970 by the sandbox's clock. */
  readonly expiresAt?: number | undefined
}

/** Whoever signed a request. */
export interface Caller {
  readonly account: Account
  readonly identity: Identity
  readonly keys: Keys
}

/** Every key that was ever issued. */
export class KeyStore {
  readonly #clock: SandboxClock
  readonly #holders = new Map<string, {readonly account: Account; readonly identity: Identity}>()
  readonly #callers = new Map<string, Caller>()
  readonly #latest = new Map<string, Keys>()

  constructor(accounts: readonly Account[], clock: SandboxClock) {
    this.#clock = clock
    for (const account of accounts) {
      for (const identity of account.identities) {
        if (this.#holders.has(identity.name)) throw new Error(`two identities are called ${identity.name}`)
        this.#holders.set(identity.name, {account, identity})
        this.issue(identity.name)
      }
    }
  }

  find(accessKeyId: string): Caller | undefined {
    return this.#callers.get(accessKeyId)
  }

  /** The latest keys of an identity. */
  keysOf(name: string): Keys {
    const keys = this.#latest.get(name)
    if (!keys) throw new Error(`no identity is called ${name}: there are ${[...this.#latest.keys()].join(', ')}`)
    return keys
  }

  /** The latest keys of an identity are good no more. */
  expire(name: string): void {
    const keys = {...this.keysOf(name), expiresAt: this.#clock.now()}
    const caller = this.#callers.get(keys.accessKeyId)
    if (caller) this.#callers.set(keys.accessKeyId, {...caller, keys})
  }

  /** Issues new keys; older ones stay good for as long as they were. */
  issue(name: string, lifetimeMs?: number): Keys {
    const holder = this.#holders.get(name)
    if (!holder) throw new Error(`no identity is called ${name}`)
    const {identity} = holder
    const temporary = identity.kind === 'assumed-role'
    const keys: Keys = {
      accessKeyId: (temporary ? 'ASIA' : 'AKIA') + base32(16),
      secretKey: randomBytes(30).toString('base64'),
      // As long as real ones: an RDS token that carries it is over 1 KiB.
      sessionToken: temporary ? `IQoJb3JpZ2luX2Vj${randomBytes(480).toString('base64')}` : undefined,
      expiresAt: temporary ? this.#clock.now() + (lifetimeMs ?? identity.keyLifetimeMs ?? 12 * HOUR) : undefined,
    }
    this.#latest.set(name, keys)
    this.#callers.set(keys.accessKeyId, {...holder, keys})
    return keys
  }
}

function base32(length: number): string {
  return Array.from(randomBytes(length), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')
}
