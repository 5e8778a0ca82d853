import {findCandidates} from '../../bastions/choose-bastions.js'
import {type Outlook, surveyBastions, UNKNOWN} from '../../bastions/survey-bastions.js'
import type {FlagValues} from '../../settings/read.js'
import type {Settings} from '../../settings/settings.js'
import {countText} from '../../core/text/amounts.js'
import {type DbtunnelError, hasCode} from '../../core/errors.js'
import type {Listing} from '../../core/results/database-listing.js'
import type {AwsApi} from '../../core/ports/aws.js'
import type {Say} from '../../core/run.js'
import {allTargets} from '../../targets/all-targets.js'
import {besideConfigured, openTunnels} from './merge-configured.js'
import {readConfiguredNames} from '../request/configured-targets.js'
import {noteListed} from '../../tunnel/discovery/name-history.js'
import {type ListFilter, readFilter} from './filter.js'
import type {Ports} from '../../core/ports/ports.js'
import {readAccount} from '../request/read-request.js'
import {readRecords} from '../../tunnel/registry/read-records.js'
import {signIn} from '../request/sign-in.js'
import {supervise} from '../../core/supervise.js'
import {together} from '../../core/all-or-first-failure.js'

/**
 * Lists all that can be a target, and whether a bastion leads there. RDS's three lists, and EC2 with Systems Manager
 * behind it, side by side: AWS's pages are what it waits for. What the caller may not see is left out, with a notice;
 * rejects with ACCESS_DENIED when that is every database.
 */
export async function list(
  request: {readonly flags: FlagValues; readonly filter: ListFilter},
  ports: Pick<
    Ports,
    'awsFor' | 'cache' | 'clock' | 'environment' | 'person' | 'process' | 'say' | 'signals' | 'sources' | 'state'
  >,
): Promise<Listing> {
  const isMeant = readFilter(request.filter)
  const settings = await readAccount(request.flags, ports.sources)
  return supervise(ports, async (run) => {
    const aws = ports.awsFor(settings)
    await signIn(aws, ports, run)
    const [instances, clusters, endpoints, bastions] = await together([
      unlessDenied(aws.rds.instances(run.signal)),
      unlessDenied(aws.rds.clusters(run.signal)),
      unlessDenied(aws.rds.clusterEndpoints(undefined, run.signal)),
      unlessDenied(outlook(settings, aws, run.signal)),
    ])
    if (instances.denied && clusters.denied) throw instances.denied
    tellDenied(run.say, [
      [instances.denied, 'single instances are missing, and VPCs are not known'],
      [clusters.denied, 'clusters are missing'],
      [endpoints.denied, 'custom endpoints are missing'],
      [bastions.denied, 'whether there is a bastion is not known'],
    ])
    const found = {
      instances: instances.answer ?? [],
      clusters: clusters.answer ?? [],
      endpoints: endpoints.answer ?? [],
    }
    const bastionFor = bastions.answer ?? (() => UNKNOWN)
    const known = allTargets(found).map((one) => ({...one, bastion: bastionFor(one)}))
    if (settings.cache) {
      await noteListed(
        known.map(({target}) => target),
        ports.cache,
      )
    }
    if (known.length === 0) {
      run.say.notice(
        `There is no RDS database in ${settings.region}; for another region or account type: dbtunnel list --region REGION --profile PROFILE`,
      )
    }
    const {databases, configured} = besideConfigured(
      known,
      await readConfiguredNames(ports.sources, settings),
      openTunnels((await readRecords(ports.state)).records, settings.region),
    )
    const listing = {databases: databases.filter(isMeant), configured: configured.filter(isMeant)}
    if (known.length > 0 && listing.databases.length + listing.configured.length === 0) {
      run.say.notice(`None of the ${countText(known.length + configured.length, 'target')} matches.`)
    }
    return {region: settings.region, ...listing}
  })
}

async function outlook(settings: Settings, aws: AwsApi, signal: AbortSignal): Promise<Outlook> {
  const candidates = await findCandidates(settings.bastion, aws, signal)
  return surveyBastions(candidates, settings.bastion, aws, signal)
}

interface Answer<T> {
  readonly answer?: T
  readonly denied?: DbtunnelError
}

async function unlessDenied<T>(work: Promise<T>): Promise<Answer<T>> {
  try {
    return {answer: await work}
  } catch (error) {
    if (hasCode(error, 'ACCESS_DENIED')) return {denied: error}
    throw error
  }
}

/** One notice: what is refused and what comes of it, then the statement that mends it all. */
function tellDenied(say: Say, parts: readonly (readonly [DbtunnelError | undefined, string])[]): void {
  const lines: string[] = []
  const hints = new Set<string>()
  for (const [denied, consequence] of parts) {
    if (!denied) continue
    lines.push(`${denied.message.replace(/\.$/, '')}: ${consequence}.`)
    if (denied.hint !== undefined) hints.add(denied.hint.replaceAll(/^/gm, '  '))
  }
  if (lines.length > 0) say.notice([...lines, ...hints].join('\n'))
}
