import {hasCode} from '../../core/errors.js'
import type {AwsApi, DatabaseInstance} from '../../core/ports/aws.js'
import type {Clock} from '../../core/ports/clock.js'
import type {Run} from '../../core/run.js'

/** Later it may not be so any more. */
const KEPT_MS = 60_000
/** From so many targets on, all databases are listed, and not each one asked for. */
const LIST_FROM = 5

/**
 * AWS for `count` targets of one account: what several of them ask is asked once, as long as the answer is young. What
 * one of them waits for does not end with it, but with the whole `run`.
 */
export function sharedAws(
  aws: AwsApi,
  count: number,
  clock: Pick<Clock, 'now'>,
  {signal}: Pick<Run, 'signal'>,
): AwsApi {
  const once = keeping(clock)
  const {rds, ec2, ssm, sts} = aws
  const instances = (): Promise<readonly DatabaseInstance[]> => once('instances', () => rds.instances(signal))
  /** From the list; where that may not be seen, by asking for this alone. */
  const fromList = async <T>(pick: (all: readonly DatabaseInstance[]) => T, alone: () => Promise<T>): Promise<T> => {
    if (count < LIST_FROM) return alone()
    const all = await instances().catch((error: unknown) => {
      if (hasCode(error, 'ACCESS_DENIED')) return undefined
      throw error
    })
    return all ? pick(all) : alone()
  }
  return {
    ...aws,
    rds: {
      ...rds,
      instances,
      instance: (id) =>
        fromList(
          (all) => all.find((one) => one.id === id),
          () => once(`instance ${id}`, () => rds.instance(id, signal)),
        ),
      clusterMembers: (id) =>
        fromList(
          (all) => all.filter(({clusterId}) => clusterId === id),
          () => once(`members ${id}`, () => rds.clusterMembers(id, signal)),
        ),
      clusters: () => once('clusters', () => rds.clusters(signal)),
      cluster: (id) => once(`cluster ${id}`, () => rds.cluster(id, signal)),
      globalDatabase: (id) => once(`global ${id}`, () => rds.globalDatabase(id, signal)),
      clusterEndpoints: (id) => once(`endpoints ${id}`, () => rds.clusterEndpoints(id, signal)),
    },
    ec2: {
      instances: (query) => once(`machines ${JSON.stringify(query)}`, () => ec2.instances(query, signal)),
      securityGroups: (ids) => once(`groups ${ids.join(' ')}`, () => ec2.securityGroups(ids, signal)),
    },
    ssm: {...ssm, managedNodes: (ids) => once(`nodes ${ids.join(' ')}`, () => ssm.managedNodes(ids, signal))},
    sts: {identity: () => once('identity', () => sts.identity(signal))},
  }
}

/** Answers by question; failures are not kept. */
function keeping(clock: Pick<Clock, 'now'>): <T>(question: string, ask: () => Promise<T>) => Promise<T> {
  const answers = new Map<string, {readonly askedAt: number; readonly answer: Promise<unknown>}>()
  return <T>(question: string, ask: () => Promise<T>) => {
    const known = answers.get(question)
    if (known && clock.now() - known.askedAt < KEPT_MS) return known.answer as Promise<T>
    const asked = {askedAt: clock.now(), answer: ask()}
    answers.set(question, asked)
    asked.answer.catch(() => {
      if (answers.get(question) === asked) answers.delete(question)
    })
    return asked.answer
  }
}
