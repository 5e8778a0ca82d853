import {randomBytes} from 'node:crypto'
import {type Caller} from './key-store.js'
import {arnOf, userIdOf} from './model.js'

/** Who ended a session: a call of TerminateSession, or the data channel with its own word for why. */
export type EndedBy = string

/** One Session Manager session. */
export interface SessionRecord {
  readonly id: string
  readonly accountId: string
  /** ARN of whoever started it. */
  readonly owner: string
  /** `aws:userid` of whoever started it: the value of the tag `aws:ssmmessages:session-id`. */
  readonly ownerUserId: string
  readonly identity: string
  readonly target: string
  readonly document: string
  readonly parameters: Readonly<Record<string, readonly string[]>>
  readonly reason?: string | undefined
  /** Milliseconds since 1970, by the sandbox's clock. */
  readonly startedAt: number
  /** How often ResumeSession has given it a new token. */
  resumed: number
  endedAt?: number | undefined
  /** `api` for TerminateSession; else the data channel's word, such as `flag`. */
  endedBy?: EndedBy | undefined
}

/** Every session that was ever granted, in order. */
export class SessionRegistry {
  readonly #records: SessionRecord[] = []

  all(): readonly SessionRecord[] {
    return this.#records
  }

  open(): readonly SessionRecord[] {
    return this.#records.filter(({endedAt}) => endedAt === undefined)
  }

  find(id: string): SessionRecord | undefined {
    return this.#records.find((record) => record.id === id)
  }

  add(
    {account, identity}: Caller,
    asked: Pick<SessionRecord, 'target' | 'document' | 'parameters' | 'reason' | 'startedAt'>,
  ): SessionRecord {
    const record: SessionRecord = {
      ...asked,
      // A user's or role session's name, then 17 hexadecimal digits.
      id: `${identity.sessionName}-0${randomBytes(8).toString('hex')}`,
      accountId: account.id,
      owner: arnOf(account, identity),
      ownerUserId: userIdOf(identity),
      identity: identity.name,
      resumed: 0,
    }
    this.#records.push(record)
    return record
  }

  /** The first end counts. */
  end(id: string, endedBy: EndedBy, endedAt: number): void {
    const record = this.find(id)
    if (record === undefined || record.endedAt !== undefined) return
    record.endedAt = endedAt
    record.endedBy = endedBy
  }
}
