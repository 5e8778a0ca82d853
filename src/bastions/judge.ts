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

/** What Systems Manager's inventory says, by id. */
export type Nodes = ReadonlyMap<string, ManagedNode>

/** Judges every candidate by what EC2 said of it, then by Systems Manager's inventory. Without `vpcId` any VPC will do. */
export async function judge(
  candidates: readonly Candidate[],
  vpcId: string | undefined,
  ssm: SsmApi,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  return judgeBy(await lookUpNodes(candidates, vpcId, ssm, signal), candidates, vpcId)
}

/** Asks about those alone that EC2 speaks for. */
export async function lookUpNodes(
  candidates: readonly Candidate[],
  vpcId: string | undefined,
  ssm: SsmApi,
  signal: AbortSignal,
): Promise<Nodes> {
  const worthAsking = candidates.filter((candidate) => refusalByEc2(candidate, vpcId) === undefined)
  const ids = worthAsking.map(({id}) => id)
  const nodes = ids.length === 0 ? [] : await ssm.managedNodes(ids, signal)
  return new Map(nodes.map((node) => [node.id, node]))
}

export function judgeBy(nodes: Nodes, candidates: readonly Candidate[], vpcId: string | undefined): readonly Verdict[] {
  return candidates.map((candidate): Verdict => {
    const refusal = refusalByEc2(candidate, vpcId)
    if (refusal !== undefined) return {candidate, refusal}
    const node = nodes.get(candidate.id)
    return {candidate, node, refusal: refusalBySsm(node)}
  })
}

/** Undefined where EC2's words speak for it. */
export function refusalByEc2({state, vpcId}: Candidate, wanted: string | undefined): string | undefined {
  if (wanted !== undefined && vpcId !== wanted) return `is in another VPC (${vpcId ?? 'none'})`
  return state === undefined || state === 'running' ? undefined : `is ${state}`
}

function refusalBySsm(node: ManagedNode | undefined): string | undefined {
  if (!node) return 'is not registered with Systems Manager (no agent, or its role lacks AmazonSSMManagedInstanceCore)'
  if (node.ping !== 'Online') return `is not connected to Systems Manager (${node.ping})`
  if (compareVersions(node.agentVersion, FIRST_AGENT) >= 0) return undefined
  return `has an agent that is too old: ${node.agentVersion || 'unknown'}; ${FIRST_AGENT} is the first that can`
}
