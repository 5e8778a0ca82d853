import type {Settings} from '../../settings/settings.js'
import {withDeadline} from '../../core/deadline.js'
import {type DbtunnelError, fail, hasCode} from '../../core/errors.js'
import {together} from '../../core/all-or-first-failure.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {Ports} from '../../core/ports/ports.js'
import type {Run} from '../../core/run.js'
import {printable} from '../../core/text/printable.js'
import {shellLine} from '../../core/text/shell-line.js'
import {lookUp} from '../../targets/describe.js'
import {sharedAws} from './shared-aws.js'
import {describe} from '../../tunnel/discovery/discover.js'
import {followWriter} from '../../tunnel/discovery/follow-writer.js'
import type {Lead, Rival} from './lead.js'
import type {PreparedTarget} from './prepare.js'
import type {TargetRequest} from './read-request.js'

export interface ApprovalPorts extends Pick<Ports, 'approvals' | 'awsFor' | 'cache'> {
  readonly clock: Pick<Ports['clock'], 'now'>
  readonly person: Pick<Ports['person'], 'isAway' | 'canAsk' | 'ask'>
}

/** Takes the place of the person at the terminal where nobody can be asked. */
export const NOBODY_TO_ASK: ApprovalPorts['person'] = {isAway: true, canAsk: () => false, ask: async () => ''}

/** Whether the team's file leads the word elsewhere without approval. There may still be no database of that name. */
export async function isUnapproved(
  {lead}: Pick<TargetRequest, 'lead'>,
  {approvals}: Pick<ApprovalPorts, 'approvals'>,
): Promise<boolean> {
  return lead !== undefined && !(await approvals.has(lead.approval))
}

/**
 * Lets a run go on only where nobody is led astray: where the team's file leads the name of a database to another one, a
 * person approves it, once. Whether there is a database of that name is asked beside `first`, the run's own first questions;
 * gives the AWS that has their answers. Rejects with APPROVAL_MISSING where it is not approved and nobody can be asked, or
 * as `first` does.
 */
export async function withApproval(
  request: TargetRequest,
  aws: AwsApi,
  first: (request: TargetRequest, aws: AwsApi, run: Run) => Promise<unknown>,
  ports: ApprovalPorts,
  run: Run,
): Promise<AwsApi> {
  const {lead, settings} = request
  if (!lead || !(await isUnapproved(request, ports))) return aws
  const shared = sharedAws(aws, 1, ports.clock, run)
  const awsOf = (one: Settings): AwsApi => (one.region === settings.region ? shared : ports.awsFor(one))
  const known = await recall(lead, awsOf, ports)
  if (known === undefined) {
    const late = (): Error =>
      fail('TIMEOUT', `AWS did not answer within ${settings.timeoutMs / 1000} s.`, {hint: 'Try again.'})
    const asked = together([first(request, shared, quietly(run)), look(lead, awsOf, ports, run)])
    const [, isThere] = await withDeadline(asked, settings.timeoutMs, late, run.signal)
    if (isThere) await approve(lead, ports, run)
    return shared
  }
  if (known) await approve(lead, ports, run)
  return aws
}

/** The same for a target that will be opened. */
export async function approved<T extends PreparedTarget>(target: T, run: Run): Promise<T> {
  const {ports} = target
  const aws = await withApproval(target, ports.aws, describeWhereItIs, ports, run)
  return {...target, ports: {...ports, aws}}
}

/**
 * The same for several, and for the groups that they are of; one question after the other. Gives, by their leads, those of
 * which AWS does not say whether there is such a database, and why not: they must not be used.
 */
export async function approveAll(
  targets: readonly PreparedTarget[],
  ofGroups: readonly Lead[],
  ports: ApprovalPorts,
  run: Run,
): Promise<ReadonlyMap<Lead, unknown>> {
  const open: Lead[] = []
  const leads = [...ofGroups, ...targets.flatMap(({lead}) => lead ?? [])]
  for (const lead of leads) if (await isUnapproved({lead}, ports)) open.push(lead)
  if (open.length === 0) return new Map()
  const awsOf = (settings: Settings): AwsApi => {
    const isSame = (one: Settings): boolean => one.profile === settings.profile && one.region === settings.region
    return targets.find((one) => isSame(one.settings))?.ports.aws ?? ports.awsFor(settings)
  }
  const count = async (lead: Lead): Promise<boolean> =>
    (await recall(lead, awsOf, ports)) ?? look(lead, awsOf, ports, run)
  // Beside it, and for all of them. What fails of that fails again in its place.
  const first = targets.map((target) => describeWhereItIs(target, target.ports.aws, quietly(run)))
  const [counted] = await Promise.all([Promise.allSettled(open.map(count)), Promise.allSettled(first)])
  run.signal.throwIfAborted()
  const unsettled = new Map<Lead, unknown>()
  for (const [index, lead] of open.entries()) {
    const answer = counted[index]
    if (answer?.status === 'rejected') unsettled.set(lead, answer.reason)
    else if (answer?.value) await approve(lead, ports, run)
  }
  const [ofGroup] = ofGroups.filter((lead) => unsettled.has(lead))
  if (ofGroup) throw unsettled.get(ofGroup)
  return unsettled
}

async function describeWhereItIs(asked: TargetRequest, account: AwsApi, run: Run): Promise<void> {
  const {request, aws} = await followWriter(asked, account, run)
  await describe(request, aws, run)
}

/** What is asked ahead is asked, and told, once more in its place. */
function quietly(run: Run): Run {
  return {...run, say: {notice: () => {}, debug: () => {}}}
}

/** Asks the person at the terminal, and keeps the answer. */
async function approve(lead: Lead, {approvals, person}: ApprovalPorts, run: Run): Promise<void> {
  if (person.isAway || !person.canAsk()) throw missing(lead)
  const typed = (await person.ask(question(lead), run.signal)).trim()
  if (typed.toLowerCase() !== 'yes') throw missing(lead)
  try {
    await approvals.keep(lead.approval)
  } catch (error) {
    run.say.notice(`Your approval could not be saved, so dbtunnel will ask again: ${(error as Error).message}.`)
  }
}

function question(lead: Lead): string {
  const {approval, without, to, origin} = lead
  const lines = [
    `The config file of this folder maps ${approval.target} to another database:`,
    `  without it  ${without}`,
    `  with it     ${to}`,
    `  the file    ${origin}`,
    'If you want this, type yes (you will not be asked again): ',
  ]
  return lines.map(printable).join('\n')
}

function missing({approval: {target, file}, without, to, origin}: Lead): DbtunnelError {
  const message = `${origin} maps ${target} to ${to}, and without that file it is ${without}. You have not approved this.`
  return fail('APPROVAL_MISSING', message, {
    hint: `If you want this: ${shellLine(['dbtunnel', 'approve', target])}\nIn scripts and CI, pass the file: ${shellLine(['--config', file])} (or DBTUNNEL_CONFIG)`,
  })
}

/** What earlier runs have found out, for a day; undefined where that is not enough to tell. */
async function recall(
  {rivals}: Lead,
  awsOf: (settings: Settings) => AwsApi,
  ports: Pick<ApprovalPorts, 'cache' | 'clock'>,
): Promise<boolean | undefined> {
  if (!rivals || rivals.some(({name}) => ['endpoint', 'global'].includes(name.kind))) return true
  const known = await Promise.all(
    rivals.map(async (rival) => {
      const key = await keyOf(rival, awsOf(rival.settings))
      return key === undefined ? undefined : readAnswer(await ports.cache.read(key), ports.clock.now())
    }),
  )
  if (known.includes(true)) return true
  return known.every((one) => one === false) ? false : undefined
}

async function look(
  {rivals = [], region}: Lead,
  awsOf: (settings: Settings) => AwsApi,
  {cache, clock}: Pick<ApprovalPorts, 'cache' | 'clock'>,
  run: Run,
): Promise<boolean> {
  const answers = await Promise.all(
    rivals.map(async (rival) => {
      const aws = awsOf(rival.settings)
      try {
        const isThere = (await lookUp(rival.name, aws.rds, run.signal)) !== undefined
        const key = await keyOf(rival, aws)
        if (key !== undefined) await cache.write(key, JSON.stringify({isThere, savedAt: clock.now()}))
        return isThere
      } catch (error) {
        // Where one may not look there may be one; so it is where the run itself asks nothing, such as in a disabled region.
        if (!hasCode(error, 'ACCESS_DENIED') && rival.settings.region === region) throw error
        run.signal.throwIfAborted()
        run.say.debug(`is there a ${rival.name.text} in ${rival.settings.region}? ${String(error)}`)
        return true
      }
    }),
  )
  return answers.includes(true)
}

/** Undefined where nothing may be kept. */
async function keyOf({name, settings}: Rival, aws: Pick<AwsApi, 'scope'>): Promise<string | undefined> {
  const scope = settings.cache ? await aws.scope() : undefined
  return scope && JSON.stringify(['there is a database', scope, settings.region, {...name, text: ''}])
}

const DAY_MS = 24 * 60 * 60_000

function readAnswer(text: string | undefined, now: number): boolean | undefined {
  try {
    const {isThere, savedAt} = JSON.parse(text ?? '') as {readonly isThere?: unknown; readonly savedAt?: unknown}
    const isYoung = typeof savedAt === 'number' && savedAt <= now && now - savedAt < DAY_MS
    return isYoung && typeof isThere === 'boolean' ? isThere : undefined
  } catch {
    return undefined
  }
}
