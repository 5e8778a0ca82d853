import {AwsFault} from '../fault.js'

const PORT = '^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'
const LOCAL_PORT = `^(0|${PORT.slice(2, -2)})$`
/** As StartSession itself quotes it when it refuses a host. */
const HOST = '^[^,$^&\\(\\)!;\'"<>\\`{}\\[\\]\\|#=]{3,}$'

interface DocumentParameter {
  readonly pattern: string
  /** Required when there is none. */
  readonly fallback?: string
}

interface SessionDocument {
  readonly name: string
  /** Amazon's own documents have no account in their ARN. */
  readonly amazons: boolean
  readonly kind: 'shell' | 'port'
  readonly parameters: Readonly<Record<string, DocumentParameter>>
}

/** What a session starts with when the request names no document. */
export const DEFAULT_DOCUMENT = 'SSM-SessionManagerRunShell'

const PORT_PARAMETERS = {
  portNumber: {pattern: PORT, fallback: '80'},
  localPortNumber: {pattern: LOCAL_PORT, fallback: '0'},
}

const DOCUMENTS: readonly SessionDocument[] = [
  {name: DEFAULT_DOCUMENT, amazons: false, kind: 'shell', parameters: {}},
  {name: 'AWS-StartInteractiveCommand', amazons: true, kind: 'shell', parameters: {command: {pattern: '^.+$'}}},
  {name: 'AWS-StartSSHSession', amazons: true, kind: 'shell', parameters: {portNumber: PORT_PARAMETERS.portNumber}},
  {name: 'AWS-StartPortForwardingSession', amazons: true, kind: 'port', parameters: PORT_PARAMETERS},
  {
    name: 'AWS-StartPortForwardingSessionToRemoteHost',
    amazons: true,
    kind: 'port',
    parameters: {...PORT_PARAMETERS, host: {pattern: HOST}},
  },
]

export function findDocument(name: string): SessionDocument {
  const document = DOCUMENTS.find((one) => one.name === name)
  if (!document) throw new AwsFault('InvalidDocument', `Document with name ${name} does not exist.`)
  return document
}

/** ARN of a document, whether it exists or not. */
export function documentArn(name: string, region: string, accountId: string): string {
  const owner = name.startsWith('AWS-') ? '' : accountId
  return `arn:aws:ssm:${region}:${owner}:document/${name}`
}

/** The document's parameters, filled up. Throws InvalidParameters. */
export function fillParameters(
  document: SessionDocument,
  given: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string>> {
  const unknown = Object.keys(given).filter((name) => document.parameters[name] === undefined)
  if (unknown.length > 0) {
    throw new AwsFault('InvalidParameters', `Document ${document.name} has no parameters [${unknown.join(', ')}].`)
  }
  const filled = Object.entries(document.parameters).map(([name, {pattern, fallback}]) => {
    const [value = fallback, ...more] = given[name] ?? []
    if (value === undefined) throw new AwsFault('InvalidParameters', `Parameter "${name}" requires a value.`)
    if (more.length > 0) throw new AwsFault('InvalidParameters', `Parameter "${name}" takes a single value.`)
    if (!new RegExp(pattern).test(value)) {
      throw new AwsFault('InvalidParameters', `Parameter "${name}" has value "${value}" not matching "${pattern}".`)
    }
    return [name, value]
  })
  return Object.fromEntries(filled) as Record<string, string>
}
