import {describe, expect, it} from 'vitest'
import {fail} from '../../../../src/core/errors.js'
import type {Approval} from '../../../../src/core/ports/approvals.js'
import type {AwsApi} from '../../../../src/core/ports/aws.js'
import type {AccountPorts} from '../../../../src/core/ports/ports.js'
import type {Run} from '../../../../src/core/run.js'
import {approveAll, withApproval} from '../../../../src/flows/request/approval.js'
import type {PreparedTarget} from '../../../../src/flows/request/prepare.js'
import {readRequest} from '../../../../src/flows/request/read-request.js'
import type {Settings} from '../../../../src/settings/settings.js'
import {ManualClock} from '../../../support/manual-clock.js'
import {instance} from '../../targets/account.js'

/** Someone whose file leads names elsewhere, and what there is in each region. */
function world(team: string, there: Readonly<Record<string, readonly string[] | Error>>) {
  const clock = new ManualClock()
  const kept = new Set<string>()
  const entries = new Map<string, string>()
  const asked: string[] = []
  const questions: string[] = []
  const said: string[] = []
  const answers: string[] = []
  const awsFor = ({region}: Pick<Settings, 'region'>): AwsApi => {
    const list = async (id: string) => {
      asked.push(`${region} ${id}`)
      const found = there[region] ?? []
      if (found instanceof Error) throw found
      return found.includes(id) ? instance(id) : undefined
    }
    const none = async () => []
    const rds = {instance: list, instances: none, clusterMembers: none, clusters: none}
    const sts = {identity: async () => ({name: 'alice'})}
    return {rds, ec2: {instances: none}, ssm: {}, sts, scope: async () => 'work'} as unknown as AwsApi
  }
  const ports = {
    approvals: {
      has: async (approval: Approval) => kept.has(JSON.stringify(approval)),
      keep: async (approval: Approval) => void kept.add(JSON.stringify(approval)),
    },
    awsFor,
    cache: {
      read: async (key: string) => entries.get(key),
      write: async (key: string, text: string) => void entries.set(key, text),
      remove: async (key: string) => void entries.delete(key),
    },
    clock,
    person: {
      isAway: false,
      canAsk: () => answers.length > 0,
      ask: async (question: string) => (questions.push(question), answers.shift() ?? ''),
    },
  }
  const say = {notice: (line: string) => void said.push(line), debug: () => {}}
  const run = {signal: new AbortController().signal, say} as unknown as Run
  const sources = {
    env: {AWS_REGION: 'eu-west-1'},
    cwd: '/srv',
    profileRegion: async () => undefined,
    profileAccount: async () => undefined,
    aliasesOf: async () => [],
    configFiles: async () => [{owner: 'team' as const, path: '/srv/dbtunnel.yaml', text: team}],
    say,
  }
  const request = (target: string) => readRequest({target, flags: {}}, sources)
  const go = async (target: string, first: () => Promise<unknown> = async () => {}, given = ports) => {
    const one = await request(target)
    return withApproval(one, awsFor(one.settings), first, given, run)
  }
  return {clock, asked, questions, answers, said, ports, run, request, go, awsFor}
}

const LEADING = 'targets: {prod-db: {identifier: x}, shop: {identifier: x}}'
const MISSING = {code: 'APPROVAL_MISSING', exitCode: 78}
const DENIED = fail('ACCESS_DENIED', 'no')

describe('a name that a team’s file leads elsewhere', () => {
  it('is asked about where there is such a database, and once', async () => {
    const {go, questions, answers, asked} = world(LEADING, {'eu-west-1': ['prod-db']})
    await expect(go('prod-db')).rejects.toMatchObject(MISSING)
    answers.push('yes')
    await go('prod-db')
    expect(questions).toHaveLength(1)
    const before = asked.length
    await go('prod-db')
    expect([questions.length, asked.length]).toEqual([1, before])
  })

  it('is not where there is none; that is kept for a day', async () => {
    const {go, asked, clock} = world(LEADING, {'eu-west-1': ['prod-db']})
    await go('shop')
    await go('shop')
    expect(asked).toEqual(['eu-west-1 shop'])
    await clock.advance(24 * 60 * 60_000)
    await go('shop')
    expect(asked).toHaveLength(2)
  })

  it('is asked about where one may not look, and that is not kept', async () => {
    const {go, asked} = world(LEADING, {'eu-west-1': DENIED})
    await expect(go('shop')).rejects.toMatchObject(MISSING)
    await expect(go('shop')).rejects.toMatchObject(MISSING)
    expect(asked).toHaveLength(2)
  })

  it('is not settled where AWS does not answer: that is told', async () => {
    const {go} = world(LEADING, {'eu-west-1': fail('AWS_THROTTLED', 'slow down')})
    await expect(go('shop')).rejects.toMatchObject({code: 'AWS_THROTTLED'})
  })

  it('is looked for in the region where it leads, too, and in one that does not answer it may be', async () => {
    const team = 'targets: {prod-db: {identifier: x, region: us-east-1}}'
    await expect(world(team, {'us-east-1': ['prod-db']}).go('prod-db')).rejects.toMatchObject(MISSING)
    await expect(world(team, {'eu-west-1': ['prod-db']}).go('prod-db')).rejects.toMatchObject(MISSING)
    await world(team, {}).go('prod-db')
    const off = {'eu-west-1': fail('CREDENTIALS_INVALID', 'not enabled')}
    await expect(world(team, off).go('prod-db')).rejects.toMatchObject(MISSING)
  })

  it('is looked for beside the first questions of the run', async () => {
    const {go, asked} = world(LEADING, {'eu-west-1': []})
    let begun = 0
    // It would not end, if it came first, or last.
    const first = async (): Promise<void> => {
      begun = asked.length
      for (let turns = 0; asked.length === 0; turns++) {
        if (turns > 1000) throw new Error('it was not asked meanwhile')
        await Promise.resolve()
      }
    }
    await go('shop', first)
    expect([begun, asked.length]).toEqual([0, 1])
  })

  it('whose answers are not asked for again', async () => {
    const {request, awsFor, ports, run, asked} = world(LEADING, {'eu-west-1': ['x']})
    const one = await request('shop')
    const first = async (_: unknown, aws: AwsApi): Promise<unknown> => aws.rds.instance('x', run.signal)
    const aws = await withApproval(one, awsFor(one.settings), first, ports, run)
    await aws.rds.instance('x', run.signal)
    expect(asked.sort()).toEqual(['eu-west-1 shop', 'eu-west-1 x'])
  })

  it('fails as the run itself, before anyone is asked', async () => {
    const {go, questions, answers} = world(LEADING, {'eu-west-1': ['prod-db']})
    answers.push('yes')
    const first = async (): Promise<never> => Promise.reject(fail('TARGET_UNKNOWN', 'no x'))
    await expect(go('prod-db', first)).rejects.toMatchObject({code: 'TARGET_UNKNOWN'})
    expect(questions).toEqual([])
  })

  it('is refused under --quiet and --json, and to any other answer', async () => {
    const {go, ports, answers, questions} = world(LEADING, {'eu-west-1': ['prod-db']})
    answers.push('yes')
    const away = {...ports, person: {...ports.person, isAway: true}}
    await expect(go('prod-db', undefined, away)).rejects.toMatchObject(MISSING)
    expect(questions).toEqual([])
    answers.unshift('y', '', 'no', 'yess')
    for (let count = 0; count < 4; count++) await expect(go('prod-db')).rejects.toMatchObject(MISSING)
    await go('prod-db')
  })

  it('is used for this run where the answer cannot be kept', async () => {
    const {go, ports, answers, said} = world(LEADING, {'eu-west-1': ['prod-db']})
    answers.push('YES')
    const keep = async (): Promise<never> => Promise.reject(new Error('the disk is full'))
    await go('prod-db', undefined, {...ports, approvals: {...ports.approvals, keep}})
    expect(said.slice(-1)).toEqual(['Your approval could not be saved, so dbtunnel will ask again: the disk is full.'])
  })
})

it('of several, each is asked about in turn; what AWS does not say is a failure of that one alone', async () => {
  const team = 'targets: {prod-db: {identifier: x}, other-db: {identifier: x}, shop: {identifier: x}}'
  const prepared = async ({request, ports, awsFor}: ReturnType<typeof world>): Promise<readonly PreparedTarget[]> => {
    const requests = await Promise.all(['prod-db', 'other-db', 'shop'].map(request))
    return requests.map((one) => ({...one, ports: {...ports, aws: awsFor(one.settings)} as unknown as AccountPorts}))
  }
  const calm = world(team, {'eu-west-1': ['prod-db', 'other-db']})
  calm.answers.push('yes', 'yes')
  expect((await approveAll(await prepared(calm), [], calm.ports, calm.run)).size).toBe(0)
  expect(calm.questions.map((text) => /maps (\S+)/.exec(text)?.[1])).toEqual(['prod-db', 'other-db'])
  const throttled = world(team, {'eu-west-1': fail('AWS_THROTTLED', 'slow down')})
  const targets = await prepared(throttled)
  const unsettled = await approveAll(targets, [], throttled.ports, throttled.run)
  expect([...unsettled.keys()]).toEqual(targets.map(({lead}) => lead))
})
