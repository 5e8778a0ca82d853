import {randomBytes} from 'node:crypto'
import {verdictOn} from '../authorize.js'
import {type DataPlane} from '../data-plane.js'
import {AwsFault} from '../fault.js'
import {type ManagedNode, tagsOfNode} from '../model.js'
import {pageOf} from '../page.js'
import {type RequestContext} from '../policy.js'
import {type SessionRecord, type SessionRegistry} from '../sessions.js'
import {type Call} from './call.js'
import {DEFAULT_DOCUMENT, documentArn, fillParameters, findDocument} from './documents.js'
import {type JsonInput} from './json-input.js'
import {type JsonAction} from './json-service.js'

/** The first agent that takes the remote-host document. */
const REMOTE_HOST_AGENT = [3, 1, 1374, 0]
const ID = {least: 1, most: 96}
const PAGE_SIZE = 10
/** Only port sessions have a data channel here. */
const NO_STREAM = 'ws://127.0.0.1:9/'

export function sessionActions(sessions: SessionRegistry, dataPlane: DataPlane): Readonly<Record<string, JsonAction>> {
  const streamUrls = new Map<string, string>()

  const startSession: JsonAction = (input, call) => {
    const target = input.requiredText('Target', {least: 1, most: 400})
    const named = input.text('DocumentName', {least: 3, most: 128})
    const reason = input.text('Reason', {least: 1, most: 256})
    const parameters = input.stringLists('Parameters')
    authorizeStart(call, target, named)
    const document = findDocument(named ?? DEFAULT_DOCUMENT)
    const values = fillParameters(document, parameters)
    const node = reachableNode(call, target, 'host' in values)

    const asked = {target, document: document.name, parameters, reason, startedAt: call.now}
    const session = sessions.add(call.caller, asked)
    const token = newToken()
    if (document.kind === 'shell') return {SessionId: session.id, TokenValue: token, StreamUrl: NO_STREAM}
    const {streamUrl} = dataPlane.open({
      sessionId: session.id,
      token,
      target,
      agentVersion: node.agentVersion,
      host: values['host'] ?? 'localhost',
      port: Number(values['portNumber']),
      localPort: Number(values['localPortNumber']),
    })
    streamUrls.set(session.id, streamUrl)
    return {SessionId: session.id, TokenValue: token, StreamUrl: streamUrl}
  }

  /** A session that is over gets an answer without a token (real plugin: "timed out"). */
  const resumeSession: JsonAction = (input, call) => {
    const id = input.requiredText('SessionId', ID)
    authorizeSession(call, sessions.find(id), id)
    const session = known(id, call)
    const token = newToken()
    if (session.endedAt !== undefined || !dataPlane.renew(id, token)) return {SessionId: id}
    session.resumed++
    return {SessionId: id, TokenValue: token, StreamUrl: streamUrls.get(id)}
  }

  const terminateSession: JsonAction = (input, call) => {
    const id = input.requiredText('SessionId', ID)
    authorizeSession(call, sessions.find(id), id)
    const session = known(id, call)
    if (session.endedAt !== undefined) {
      throw new AwsFault('ValidationException', `Session ${id} is not in a valid state to be terminated`)
    }
    sessions.end(id, 'api', call.now)
    dataPlane.terminate(id)
    return {SessionId: id}
  }

  const describeSessions: JsonAction = (input, call) => {
    call.authorize(call.arn('*'))
    const state = input.requiredText('State', {least: 1, most: 16})
    if (state !== 'Active' && state !== 'History') {
      const rule = 'Member must satisfy enum value set: [Active, History]'
      const message = `1 validation error detected: Value '${state}' at 'state' failed to satisfy constraint: ${rule}`
      throw new AwsFault('ValidationException', message)
    }
    const limit = input.number('MaxResults', {least: 1, most: 200}) ?? PAGE_SIZE
    const token = input.text('NextToken', {least: 0, most: 10_000})
    const filters = readFilters(input)
    const mine = sessions.all().filter(({accountId}) => accountId === call.account.id)
    const listed = mine.filter((session) => (session.endedAt === undefined) === (state === 'Active'))
    const question = JSON.stringify([state, filters])
    const page = pageOf(listed, {limit, token, question}, (session) =>
      filters.every(({key, value}) => SESSION_FILTERS[key]?.(session, value)),
    )
    if (!page) throw new AwsFault('InvalidNextToken', 'The specified token is not valid.')
    return {Sessions: page.items.map(describeSession), NextToken: page.next}
  }

  function known(id: string, call: Call): SessionRecord {
    const session = sessions.find(id)
    if (session === undefined || session.accountId !== call.account.id) {
      throw new AwsFault('DoesNotExistException', `Session ${id} does not exist`)
    }
    return session
  }

  return {
    StartSession: startSession,
    ResumeSession: resumeSession,
    TerminateSession: terminateSession,
    DescribeSessions: describeSessions,
  }
}

/**
 * StartSession is asked of the document and of the node. A request that names no document is asked of the node alone:
 * `ssm:SessionDocumentAccessCheck` then tells whether the caller may use the default document, too, and only a
 * statement with that condition looks at it. With a document named, the key does not exist.
 */
function authorizeStart(call: Call, target: string, named: string | undefined): void {
  const {account, region, caller, action} = call
  const arn = documentArn(named ?? DEFAULT_DOCUMENT, region, account.id)
  const tags = tagContext(tagsOfNode(account, target))
  const nodeArn = target.startsWith('mi-')
    ? call.arn(`managed-instance/${target}`)
    : call.arn(`instance/${target}`, 'ec2')
  if (named !== undefined) {
    call.authorize(arn)
    call.authorize(nodeArn, tags)
  } else {
    const mayUseShell = verdictOn(caller, action, arn, {'ssm:SessionDocumentAccessCheck': 'true'}) === 'allowed'
    call.authorize(nodeArn, {...tags, 'ssm:SessionDocumentAccessCheck': String(mayUseShell)})
  }
}

/** Session Manager tags each session with its owner's `aws:userid`. */
function authorizeSession(call: Call, session: SessionRecord | undefined, id: string): void {
  const own = session?.accountId === call.account.id ? session : undefined
  call.authorize(call.arn(`session/${id}`), sessionTagContext(own))
}

export function sessionTagContext(session: SessionRecord | undefined): RequestContext {
  if (session === undefined) return {}
  return tagContext({
    'aws:ssmmessages:session-id': session.ownerUserId,
    'aws:ssmmessages:target-id': session.target,
  })
}

function tagContext(tags: Readonly<Record<string, string>>): RequestContext {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`ssm:resourceTag/${key}`, value],
      [`aws:ResourceTag/${key}`, value],
    ]),
  )
}

function reachableNode(call: Call, target: string, remoteHost: boolean): ManagedNode {
  const {nodes, instances, advancedTier} = call.account
  const node = nodes.find(({id}) => id === target)
  const instance = instances.find(({id}) => id === target)
  const running = target.startsWith('mi-') || instance?.state === 'running'
  if (!node?.connected || !running) throw new AwsFault('TargetNotConnected', `${target} is not connected.`)
  if (target.startsWith('mi-') && !advancedTier) {
    const message = 'Enable advanced-instances tier to use Session Manager with your on-premises instances'
    throw new AwsFault('BadRequest', message)
  }
  if (remoteHost && isOlder(node.agentVersion, REMOTE_HOST_AGENT)) {
    const message =
      "The version of the SSM agent installed on this instance doesn't support port forwarding to remote hosts. " +
      'Install the latest version of the SSM agent to use port forwarding sessions to remote hosts.'
    throw new AwsFault('BadRequest', message)
  }
  return node
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  const different = than.findIndex((part, index) => parts[index] !== part)
  return different >= 0 && (parts[different] ?? 0) < (than[different] ?? 0)
}

type Passes = (session: SessionRecord, value: string) => boolean

const SESSION_FILTERS: Readonly<Record<string, Passes>> = {
  InvokedAfter: ({startedAt}, value) => startedAt >= Date.parse(value),
  InvokedBefore: ({startedAt}, value) => startedAt < Date.parse(value),
  Target: ({target}, value) => target === value,
  Owner: ({owner}, value) => owner === value,
  Status: (session, value) => statusOf(session) === value,
  SessionId: ({id}, value) => id === value,
}
const MOST_FILTERS = 6

function readFilters(input: JsonInput): readonly {readonly key: string; readonly value: string}[] {
  const filters = input.structures('Filters')
  if (filters && (filters.length < 1 || filters.length > MOST_FILTERS)) {
    throw new AwsFault('ValidationException', `Filters must have length from 1 to ${MOST_FILTERS}`)
  }
  return (filters ?? []).map((filter) => {
    const key = filter.requiredText('key', {least: 1, most: 400})
    const value = filter.requiredText('value', {least: 1, most: 400})
    if (!SESSION_FILTERS[key]) throw new AwsFault('InvalidFilterKey', `The specified key ${key} is not valid.`)
    return {key, value}
  })
}

function statusOf({endedAt}: SessionRecord): string {
  return endedAt === undefined ? 'Connected' : 'Terminated'
}

function describeSession(session: SessionRecord): object {
  return {
    SessionId: session.id,
    Target: session.target,
    Status: statusOf(session),
    StartDate: session.startedAt / 1000,
    EndDate: session.endedAt === undefined ? undefined : session.endedAt / 1000,
    DocumentName: session.document,
    Owner: session.owner,
    Reason: session.reason,
  }
}

function newToken(): string {
  return `AAEAA${randomBytes(210).toString('base64')}`
}
