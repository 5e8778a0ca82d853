import {type DbtunnelError, fail} from '../../../../core/errors.js'
import {type AgentFeatures, featuresOf} from './agent-version.js'
import {
  type HandledAction,
  type HandshakeAction,
  type HandshakeRequest,
  handshakeResponse,
  isRecord,
  readHandshakeRequest,
} from './payloads.js'

/** What we answer to a handshake request, and what follows from it. */
export interface HandshakeAnswer {
  readonly response: string
  readonly features: AgentFeatures
  /** Set when the session is not one that we can carry; the agent is told first. */
  readonly refusal: DbtunnelError | undefined
}

/** Throws PROTOCOL when the request cannot be read. */
export function answerHandshake(payload: Buffer): HandshakeAnswer {
  const request = readHandshakeRequest(payload)
  if (!request) throw fail('PROTOCOL', 'The handshake of the SSM agent cannot be read.')
  const actions = request.actions.map(handle)
  const refused = actions.find(({status}) => status !== 'done')
  if (refused?.type === 'KMSEncryption') return {...answerOf(request, actions), refusal: encrypted()}
  const session = request.actions.some(({type}) => type === 'SessionType')
  const error = refused?.error ?? (session ? '' : 'The agent names no session type.')
  return {
    ...answerOf(request, actions),
    refusal:
      error === ''
        ? undefined
        : fail('PROTOCOL', `The SSM agent wants a type of session that dbtunnel does not support. ${error}`),
  }
}

function answerOf(
  {agentVersion}: HandshakeRequest,
  actions: readonly HandledAction[],
): Omit<HandshakeAnswer, 'refusal'> {
  return {response: handshakeResponse(actions), features: featuresOf(agentVersion)}
}

function encrypted(): DbtunnelError {
  const message =
    "This account encrypts Session Manager's sessions with a KMS key, which dbtunnel's own engine cannot do."
  return fail('PROTOCOL', message, {
    hint: "Use AWS's session-manager-plugin, which can: install it, then --engine plugin",
  })
}

function handle({type, parameters}: HandshakeAction): HandledAction {
  if (type !== 'SessionType') return {type, status: 'unsupported', error: `Unsupported action ${word(type)}.`}
  const properties = isRecord(parameters['Properties']) ? parameters['Properties'] : {}
  const session = `${word(parameters['SessionType'])}, ${word(properties['type'])}`
  if (session === 'Port, LocalPortForwarding') return {type, status: 'done', error: ''}
  return {type, status: 'failed', error: `Unsupported session type ${session}.`}
}

/** A name from outside, fit for a message. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{1,60}$/.test(value) ? value : '(unnamed)'
}
