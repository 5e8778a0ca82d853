import type {ManagedNode, SsmApi} from '../core/ports/aws.js'
import {compareVersions} from '../core/versions.js'
import type {Candidate} from './kind.js'

/** Since this version the agent knows the remote-host document (AWS's announcement). */
const FIRST_AGENT = '3.1.1374.0'

/** A candidate and why it will not do; without a reason, it will. */
export interface Verdict {
  readonly candidate: Candidate
  readonly node?: ManagedNode | undefined
  readonly refusal?: string | undefined
}

/** Judges every candidate by what EC2 said of it, then by Systems Manager's inventory. Without `vpcId` any VPC will do. */
export async function judge(
  candidates: readonly Candidate[],
  vpcId: string | undefined,
  ssm: SsmApi,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const first = candidates.map((candidate): Verdict => ({candidate, refusal: refusalByEc2(candidate, vpcId)}))
  const worthAsking = first.filter(({refusal}) => refusal === undefined).map(({candidate}) => candidate.id)
  const nodes = worthAsking.length === 0 ? [] : await ssm.managedNodes(worthAsking, signal)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return first.map((verdict) => {
    if (verdict.refusal !== undefined) return verdict
    const node = byId.get(verdict.candidate.id)
    return {...verdict, node, refusal: refusalBySsm(node)}
  })
}

function refusalByEc2({state, vpcId}: Candidate, wanted: string | undefined): string | undefined {
  if (wanted !== undefined && vpcId !== wanted) return `is in another VPC (${vpcId ?? 'none'})`
  return state === undefined || state === 'running' ? undefined : `is ${state}`
}

function refusalBySsm(node: ManagedNode | undefined): string | undefined {
  if (!node) return 'is not registered with Systems Manager (no agent, or its role lacks AmazonSSMManagedInstanceCore)'
  if (node.ping !== 'Online') return `is not connected to Systems Manager (${node.ping})`
  if (compareVersions(node.agentVersion, FIRST_AGENT) >= 0) return undefined
  return `has an agent that is too old: ${node.agentVersion || 'unknown'}; ${FIRST_AGENT} is the first that can`
}
