import {type DbtunnelError, fail, hasCode} from '../core/errors.js'
import {globalDatabaseStatement, policyJson} from '../core/iam/statements.js'
import type {RdsApi} from '../core/ports/aws.js'
import {parseDatabaseArn} from './database-arn.js'
import type {EndpointTarget, GlobalTarget} from './parse-target.js'
import type {ResolveInput} from './resolve-input.js'

/**
 * The endpoint of a global database, with the region and the cluster that write now: tokens are signed for that region. RDS
 * is asked in the region of the settings. Where `rds:DescribeGlobalClusters` is denied, a cluster of that region that writes
 * for the global database will do, or a region that stands beside user, port and bastion. Rejects with TARGET_UNKNOWN or
 * ACCESS_DENIED, which ask for the region.
 */
export async function locateWriter(
  name: GlobalTarget,
  input: Pick<ResolveInput, 'region' | 'user' | 'isBastionNamed'>,
  rds: Pick<RdsApi, 'globalDatabase' | 'clusters'>,
  signal: AbortSignal,
): Promise<EndpointTarget> {
  const {text, host, port, id} = name
  const at = (region: string, cluster: string): EndpointTarget => {
    return {kind: 'endpoint', text, host, port, of: 'global', id: cluster, region}
  }
  let denied: DbtunnelError | undefined
  try {
    const found = await rds.globalDatabase(id, signal)
    const writer = parseDatabaseArn(found?.writer?.toLowerCase() ?? '')
    if (writer && (found?.host === undefined || found.host === host)) return at(writer.region, writer.id)
  } catch (error) {
    if (!hasCode(error, 'ACCESS_DENIED')) throw error
    denied = error
  }
  if (!denied) {
    throw fail('TARGET_UNKNOWN', `RDS has no global database with the endpoint ${host} in ${input.region}.`, {
      hint: 'Set a region that it is in: --region REGION\nTo look in another account: --profile NAME',
    })
  }
  const clusters = await rds.clusters(signal).catch((error: unknown) => {
    if (!hasCode(error, 'ACCESS_DENIED')) throw error
    return []
  })
  const writer = clusters.find(({globalId, members}) => globalId === id && members.some((one) => one.writer))
  if (writer) return at(input.region, writer.id)
  if (port !== undefined && input.user !== undefined && input.isBastionNamed) return at(input.region, '')
  throw fail(
    'ACCESS_DENIED',
    `In which region ${id} writes is not known: AWS does not allow you to call rds:DescribeGlobalClusters.`,
    {
      hint: `Set the region: --region REGION\nOr let the policy of your user or role allow it:\n${policyJson([globalDatabaseStatement()])}`,
      cause: denied,
    },
  )
}
