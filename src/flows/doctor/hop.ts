import type {Bastion} from '../../bastions/bastion.js'
import type {Candidate} from '../../bastions/kind.js'
import type {LoginOutcome} from '../../databases/database-kind.js'
import type {FlagValues} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import type {DbtunnelError} from '../../core/errors.js'
import type {AwsApi, CallerIdentity} from '../../core/ports/aws.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import type {TargetName} from '../../targets/parse-target.js'
import type {FoundDatabase} from '../../targets/find-database.js'
import type {Place, Target} from '../../targets/target.js'
import type {LocalEnd} from '../../tunnel/listener/listener.js'
import type {Answer} from '../../links/session/open-session.js'
import type {Link} from '../../links/link.js'
import type {Lead} from '../request/lead.js'

/** What was typed, with its settings. */
export interface Words {
  /** That of the target. */
  readonly name?: TargetName | undefined
  readonly settings: Settings
  readonly lead?: Lead | undefined
}

/** What each hop finds out for those after it; nothing, where they only need to know that it does not fail. */
export interface Findings {
  readonly node: undefined
  /** Where the region is missing, that of the settings means nothing. */
  readonly config: Words & {readonly regionMissing?: DbtunnelError | undefined}
  readonly region: Words & {readonly aws: AwsApi}
  readonly plugin: undefined
  readonly port: LocalEnd
  /** Its path. */
  readonly folder: string
  /** Whether a client would have the hosts file written. */
  readonly hosts: boolean
  readonly 'hosts-lines': undefined
  readonly 'hosts-helper': undefined
  readonly credentials: CallerIdentity
  readonly clock: undefined
  /** Where the command line says all of it RDS is not asked, and the place is the target. */
  readonly database:
    {readonly place: Place; readonly database: FoundDatabase} | {readonly place: Target; readonly database?: undefined}
  readonly available: Target
  readonly 'iam-login': undefined
  /** PEM. */
  readonly authorities: string
  readonly name: undefined
  readonly bastion: readonly Candidate[]
  /** Best first. */
  readonly agent: readonly Bastion[]
  /** `ask` asks the database, once, however often it is called; `login` is what came of it where that took a login. */
  readonly session: {
    readonly session: Link
    readonly ask: () => Promise<Answer>
    readonly login: () => LoginOutcome | undefined
  }
  readonly 'security-groups': undefined
  readonly tunnel: Answer
  readonly certificate: undefined
  readonly 'rds-iam': LoginOutcome
  readonly login: undefined
}

export type HopId = keyof Findings

export interface DoctorRequest {
  /** Undefined: no database in particular. */
  readonly target: string | undefined
  readonly flags: FlagValues
}

/** What came of a hop that does not fail; to fail, a check throws. */
export interface Finding<T> {
  readonly status: 'ok' | 'warn' | 'unknown'
  readonly detail: string
  readonly hint?: string | undefined
  readonly found: T
}

export interface Hop {
  readonly id: string
  readonly title: string
  /** Whether it is there only when a database is named. */
  readonly ofTarget: boolean
  /** Skipped when one of these fails or is skipped itself; of those that are there at all. */
  readonly needs: readonly string[]
  check(found: Partial<Findings>, request: DoctorRequest, ports: Ports, run: Run): Promise<Finding<unknown>>
}

interface HopDefinition<Id extends HopId, Needed extends HopId, Useful extends HopId> {
  readonly title: string
  readonly ofTarget?: boolean
  readonly needs?: readonly Needed[]
  /** Needed where there is a target. */
  readonly needsOfTarget?: readonly Useful[]
  /** Needed, too; but what they have found is not. */
  readonly needsNotToFail?: readonly string[]
  check(
    found: Pick<Findings, Needed> & Partial<Pick<Findings, Useful>>,
    request: DoctorRequest,
    ports: Ports,
    run: Run,
  ): Promise<Finding<Findings[Id]>>
}

/** Defines a hop: its check gets what the hops that it needs have found. */
export function hop<Id extends HopId, Needed extends HopId = never, Useful extends HopId = never>(
  id: Id,
  definition: HopDefinition<Id, Needed, Useful>,
): Hop {
  const {title, ofTarget = false, needs = [], needsOfTarget = [], needsNotToFail = []} = definition
  return {
    id,
    title,
    ofTarget,
    needs: [...needs, ...needsOfTarget, ...needsNotToFail],
    check: (found, ...rest) => definition.check(found as Parameters<typeof definition.check>[0], ...rest),
  }
}

export function ok(detail: string): Finding<undefined>
export function ok<T>(detail: string, found: T): Finding<T>
export function ok(detail: string, found?: unknown): Finding<unknown> {
  return {status: 'ok', detail, found}
}
