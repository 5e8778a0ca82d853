import {distance} from 'fastest-levenshtein'
import {closestNames} from '../core/text/closest-names.js'
import {type DbtunnelError, fail} from '../core/errors.js'
import type {RdsApi} from '../core/ports/aws.js'
import {shellLine, shownName} from '../core/text/shell-line.js'
import {accountOf} from './database-arn.js'
import type {TargetName} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'

/** TARGET_UNKNOWN with the closest names that there are; looking for them costs one more round trip. */
export async function unknownTarget(
  name: TargetName,
  {region, configured = [], groups = []}: Pick<ResolveInput, 'region' | 'configured' | 'groups'>,
  rds: RdsApi,
  signal: AbortSignal,
): Promise<DbtunnelError> {
  const [instances, clusters, endpoints] = await Promise.all([
    orNone(rds.instances(signal), signal),
    orNone(rds.clusters(signal), signal),
    name.kind === 'custom' ? orNone(rds.clusterEndpoints(name.clusterId, signal), signal) : [],
  ])
  const elsewhere = `To look in another region or account: --region REGION --profile NAME`

  if (name.kind === 'reader' || name.kind === 'custom') {
    const instance = instances.find(({id}) => id === name.clusterId)
    const cluster = clusters.find(({id}) => id === name.clusterId)
    const custom = endpoints.flatMap(({kind, id}) => (kind === 'CUSTOM' && id !== undefined ? [id] : []))
    if (cluster) {
      const message = `The cluster ${cluster.id} has no endpoint of the name ${name.text.split(':')[1] ?? ''}.`
      return fail('TARGET_UNKNOWN', message, {
        hint: didYouMean(['reader', ...custom].map((id) => `${cluster.id}:${id}`)),
      })
    }
    if (instance) {
      const own = instance.clusterId === undefined ? [] : [`${instance.clusterId}:reader`]
      const message = `${instance.id} is an instance and not a cluster: it has one endpoint only.`
      return fail('TARGET_UNKNOWN', message, {hint: didYouMean([instance.id, ...own])})
    }
    const close = closestNames(name.clusterId, ids(clusters), distance).map((id) => `${id}:${tailOf(name.text)}`)
    return fail('TARGET_UNKNOWN', `There is no database cluster ${name.clusterId} in ${region}.`, {
      hint: [...(close.length > 0 ? [didYouMean(close)] : []), elsewhere].join('\n'),
    })
  }

  if (groups.includes(name.text.toLowerCase())) {
    const message = `${name.text} is a group of the config files, and no database in ${region}.`
    return fail('TARGET_UNKNOWN', message, {
      hint: `For all of them: ${shellLine(['dbtunnel', 'exec', name.text, '--'])} COMMAND`,
    })
  }
  const other = name.kind === 'name' ? otherAccount(name, [...instances, ...clusters]) : undefined
  if (other) return other
  const close = closestNames(name.id, [...new Set([...configured, ...ids(instances), ...ids(clusters)])], distance)
  const what = 'host' in name ? `${name.host} is not an endpoint of this account` : `There is no database ${name.id}`
  return fail('TARGET_UNKNOWN', `${what} in ${region}.`, {
    hint: [...(close.length > 0 ? [didYouMean(close)] : []), elsewhere].join('\n'),
  })
}

/** Where the target is an ARN of another account than these databases are of. */
function otherAccount(
  {text, arn}: Extract<TargetName, {kind: 'name'}>,
  here: readonly {readonly arn?: string | undefined}[],
): DbtunnelError | undefined {
  const own = here.map((one) => accountOf(one.arn)).find((account) => account !== undefined)
  if (!arn || own === undefined || own === arn.account) return undefined
  return fail('TARGET_UNKNOWN', `${text} is in account ${arn.account}, and these credentials are of account ${own}.`, {
    hint: `Choose a profile of account ${arn.account}: --profile NAME`,
  })
}

/** A suggestion is not worth a second failure; an abort still ends the run. */
async function orNone<T>(list: Promise<readonly T[]>, signal: AbortSignal): Promise<readonly T[]> {
  return list.catch((): readonly T[] => {
    signal.throwIfAborted()
    return []
  })
}

function ids(list: readonly {readonly id: string}[]): readonly string[] {
  return list.map(({id}) => id)
}

function tailOf(text: string): string {
  return text.split(':')[1] ?? ''
}

function didYouMean(names: readonly string[]): string {
  return `Did you mean ${names.map((name) => shownName(name)).join(' or ')}?`
}
