import type {
  DescribeSessionsCommandInput,
  InstanceInformation,
  SSMClient,
  StartSessionCommandInput,
  StartSessionCommandOutput,
} from '@aws-sdk/client-ssm'
import {fail, hasCode} from '../../core/errors.js'
import {type ManagedNode, type SsmApi, type StartSessionAnswer, TargetNotConnected} from '../../core/ports/aws.js'
import {oneLine} from '../../core/text/one-line.js'
import {printable} from '../../core/text/printable.js'
import {retry} from '../../core/retry.js'
import {systemClock} from '../processes/clock.js'
import {causedBy} from './caused-by.js'
import type {AwsOptions, Connection} from './connection.js'
import {neverSent} from './network-failure.js'
import {allPages} from './pages.js'

/** The most ids that a filter, and nodes that a page, may hold. */
const CHUNK = 50
/** The most sessions that a page may hold. */
const SESSIONS = 200

const START_BACKOFF = {attempts: 5, baseMs: 500, capMs: 4000}

/** "… is not in a valid state". */
const ENDED = ['ValidationException']
/** Ended long ago, if this is the account that it was in. */
const UNKNOWN = 'DoesNotExistException'

export interface SsmOptions extends Pick<AwsOptions, 'startSessionLimit'> {
  /** Whether the sessions are of the account that is asked. */
  readonly isOwn?: boolean
}

export function ssmApi(connection: Connection, {isOwn = true, startSessionLimit}: SsmOptions = {}): SsmApi {
  const load = connection.loader(async () => {
    const sdk = await import('./clients/ssm.js')
    const client = connection.adopt(new sdk.SSMClient(connection.clientConfig))
    // The same connections; but it never sends a request twice by itself.
    const {requestHandler} = client.config
    const once = connection.adopt(new sdk.SSMClient({...connection.clientConfig, requestHandler, maxAttempts: 1}))
    return {sdk, client, once}
  })
  /** By AWS_ENDPOINT_URL, the profile, FIPS and dual-stack settings. */
  const endpoint = async (): Promise<URL> => {
    const {sdk, client} = await load()
    const {getEndpointFromInstructions} = await import('@smithy/core/endpoints')
    const {url} = await getEndpointFromInstructions({}, sdk.StartSessionCommand, {...client.config})
    return url
  }

  return {
    async managedNodes(ids, signal) {
      const {sdk, client} = await load()
      const action = 'ssm:DescribeInstanceInformation'
      const chunks = Array.from({length: Math.ceil(ids.length / CHUNK)}, (_, at) =>
        ids.slice(at * CHUNK, (at + 1) * CHUNK),
      )
      const found = await Promise.all(
        chunks.map((chunk) =>
          allPages(action, async (NextToken) => {
            const Filters = [{Key: 'InstanceIds', Values: [...chunk]}]
            const input = {Filters, MaxResults: CHUNK, ...(NextToken === undefined ? {} : {NextToken})}
            const send = new sdk.DescribeInstanceInformationCommand(input)
            const answer = await connection.ask(action, (options) => client.send(send, options), signal)
            return {items: answer.InstanceInformationList, next: answer.NextToken}
          }),
        ),
      )
      return found.flat().flatMap((one) => nodeOf(one))
    },

    async startSession({target, document, parameters, reason}, signal, sends = () => {}) {
      const {sdk, client, once} = await load()
      const input: StartSessionCommandInput = {
        Target: target,
        DocumentName: document,
        Parameters: Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, [...values]])),
        ...(reason === undefined ? {} : {Reason: reason}),
      }
      const start = async (): Promise<StartSessionCommandOutput> => {
        await startSessionLimit?.next(signal)
        sends()
        const send = new sdk.StartSessionCommand(input)
        return connection.ask('ssm:StartSession', (options) => once.send(send, options))
      }
      const answer = await retry(start, START_BACKOFF, wasNotAccepted, systemClock, signal).catch((error: unknown) => {
        if (causedBy(error, 'BadRequest')) throw refusedNode(target, error)
        if (!causedBy(error, 'TargetNotConnected')) throw error
        throw new TargetNotConnected(`${target} is not connected to Systems Manager.`, {cause: error})
      })
      const domains = awsDomains(client, connection.region)
      const asked = await endpoint()
      const isAws = domains.some((domain) => isServiceAt(asked, domain))
      return grantOf(answer, isAws ? domains : undefined)
    },

    async resumeSession(sessionId, signal) {
      const {sdk, client} = await load()
      const send = new sdk.ResumeSessionCommand({SessionId: sessionId})
      const {TokenValue} = await connection.ask('ssm:ResumeSession', (options) => client.send(send, options), signal)
      if (TokenValue) return {tokenValue: TokenValue}
      throw fail('TUNNEL_LOST', `The session ${sessionId} has timed out.`)
    },

    async terminateSession(sessionId, signal) {
      const {sdk, client} = await load()
      const send = new sdk.TerminateSessionCommand({SessionId: sessionId})
      try {
        await connection.ask('ssm:TerminateSession', (options) => client.send(send, options), signal)
      } catch (error) {
        if (!causedBy(error, ...ENDED, ...(isOwn ? [UNKNOWN] : []))) throw error
      }
    },

    async sessionsMarked(mark, node, signal) {
      const {sdk, client} = await load()
      const action = 'ssm:DescribeSessions'
      const open = await allPages(action, async (NextToken) => {
        const Filters: DescribeSessionsCommandInput['Filters'] = [{key: 'Target', value: node}]
        const input = {State: 'Active', Filters, MaxResults: SESSIONS, ...(NextToken && {NextToken})} as const
        const send = new sdk.DescribeSessionsCommand(input)
        const answer = await connection.ask(action, (options) => client.send(send, options), signal)
        return {items: answer.Sessions, next: answer.NextToken}
      })
      return open.flatMap(({SessionId, Reason}) => (SessionId && Reason?.endsWith(mark) ? [SessionId] : []))
    },

    async endpointUrl() {
      const text = (await endpoint()).href.replace(/\/$/, '')
      return text === `https://ssm.${connection.region}.amazonaws.com` ? '' : text
    },
  }
}

/** AWS has many reasons for it, and they are in its message alone. */
function refusedNode(target: string, error: unknown): TargetNotConnected {
  const {cause} = error as Error
  const told = cause instanceof Error && cause.message !== '' ? printable(oneLine(cause.message)) : 'BadRequest'
  return new TargetNotConnected(`AWS starts no session on ${target}: ${told}`, {cause: error, told})
}

/**
 * StartSession may be sent again only when the first one cannot have opened a
 * session: throttled, refused for the clock (which the SDK has then set right),
 * or never sent. After a lost answer a second one would leave the first session open.
 */
function wasNotAccepted(error: unknown): boolean {
  if (hasCode(error, 'AWS_THROTTLED')) return true
  const cause = error instanceof Error ? error.cause : undefined
  const {$metadata} = (cause ?? {}) as {$metadata?: {clockSkewCorrected?: boolean}}
  return $metadata?.clockSkewCorrected === true || neverSent(cause)
}

/**
 * Where AWS's own hosts of a region are, by the SDK's table of partitions: those for IPv4, and those for both protocols
 * (`api.aws`).
 */
function awsDomains({config}: SSMClient, region: string): readonly string[] {
  return [false, true].map((UseDualStack) => {
    const {url} = config.endpointProvider({Region: region, UseFIPS: false, UseDualStack})
    return url.hostname.replace('ssm.', '')
  })
}

function isServiceAt({protocol, host}: URL, domain: string): boolean {
  return protocol === 'https:' && [`ssm.${domain}`, `ssm-fips.${domain}`].includes(host)
}

function grantOf(
  {SessionId, TokenValue, StreamUrl}: StartSessionCommandOutput,
  domains: readonly string[] | undefined,
): StartSessionAnswer {
  if (SessionId && TokenValue && StreamUrl) {
    return {sessionId: SessionId, tokenValue: TokenValue, streamUrl: StreamUrl, awsDomains: domains}
  }
  throw fail('AWS_FAILED', 'AWS accepted ssm:StartSession, but returned no session.', {hint: 'Try again.'})
}

function nodeOf(one: InstanceInformation): readonly ManagedNode[] {
  if (!one.InstanceId) return []
  const name = one.Name ?? one.ComputerName
  return [
    {
      id: one.InstanceId,
      ping: one.PingStatus ?? '',
      agentVersion: one.AgentVersion ?? '',
      // The machine itself says it.
      name: name === undefined ? undefined : printable(name),
    },
  ]
}
