import {type DbtunnelError, fail} from '../core/errors.js'
import {accountOptions} from '../core/text/aws-cli-options.js'
import {shellLine} from '../core/text/shell-line.js'

/** A cluster or an instance that is not in one, as far as its state goes. */
export interface Subject {
  readonly kind: 'instance' | 'cluster'
  readonly id: string
  readonly status: string
  readonly region: string
  readonly profile?: string | undefined
}

// RDS User Guide, "DB instance status", and Aurora User Guide, "DB cluster
// status". In these the database serves without a break.
const SERVING = new Set([
  'available',
  'backing-up',
  'configuring-associated-roles',
  'configuring-enhanced-monitoring',
  'configuring-iam-database-auth',
  'configuring-log-exports',
  'delete-precheck',
  'modifying',
  'promoting',
  'resetting-master-credentials',
  'storage-config-upgrade',
  'storage-initialization',
  'storage-optimization',
  'update-iam-db-auth',
])

// In these it does not, until somebody or something has acted.
const COMING = new Set(['creating', 'starting', 'migrating', 'preparing-data-migration'])
const BROKEN = new Set([
  'cloning-failed',
  'failed',
  'inaccessible-encryption-credentials',
  'incompatible-create',
  'incompatible-parameters',
  'incompatible-restore',
  'insufficient-capacity',
  'migration-failed',
  'restore-error',
])

export function isServing(status: string): boolean {
  return SERVING.has(status)
}

/** Why no tunnel can help, with the command that mends it: DATABASE_UNAVAILABLE; undefined when one can. */
export function whyUnavailable(subject: Subject): DbtunnelError | undefined {
  const {status} = subject
  const unavailable = (hint: string): DbtunnelError =>
    fail('DATABASE_UNAVAILABLE', `The ${subject.kind} ${subject.id} is ${JSON.stringify(status)}.`, {hint})

  if (status === 'stopped') return unavailable(`Start it: ${awsRds(subject, 'start')}`)
  if (status === 'stopping') return unavailable(`Once it has stopped, start it: ${awsRds(subject, 'start')}`)
  if (status === 'deleting') return unavailable('It will be gone soon. Name another database.')
  if (status === 'inaccessible-encryption-credentials-recoverable') {
    return unavailable(`Make its KMS key usable again, then: ${awsRds(subject, 'start')}`)
  }
  if (COMING.has(status)) return unavailable(`Wait for it: ${awsRds(subject, 'wait')}`)
  if (BROKEN.has(status)) return unavailable(`See what happened: ${awsRds(subject, 'events')}`)
  return undefined
}

/** A line for states that may interrupt a login (`rebooting`, `upgrading`, `storage-full`, or one not known here). */
export function doubtAbout({kind, id, status}: Subject): string | undefined {
  return isServing(status) ? undefined : `The ${kind} ${id} is ${JSON.stringify(status)}: it may not answer at once.`
}

/** An AWS CLI command about this database, ready to paste. */
export function awsRds(
  subject: Omit<Subject, 'status'>,
  does: 'start' | 'wait' | 'events' | 'members' | 'iam-login',
): string {
  const {kind} = subject
  const id = shellLine([subject.id])
  const named = `--db-${kind}-identifier ${id}`
  const words = {
    start: `start-db-${kind} ${named}`,
    wait: `wait db-${kind}-available ${named}`,
    events: `describe-events --source-type db-${kind} --source-identifier ${id} --duration 1440`,
    members: `describe-db-instances --filters Name=db-cluster-id,Values=${id}`,
    'iam-login': `modify-db-${kind} ${named} --enable-iam-database-authentication --apply-immediately`,
  }
  return `aws rds ${words[does]}${accountOptions(subject)}`
}
