import {randomUUID} from 'node:crypto'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {type AddressInfo} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Answer, faultAnswer, resultAnswer} from './answer.js'
import {authenticate, Refusal} from './authenticate.js'
import {type SandboxClock} from './clock.js'
import {type DataPlane} from './data-plane.js'
import {Disturbances, faultOf} from './disturbances.js'
import {AwsFault, commonFault} from './fault.js'
import {type KeyStore} from './key-store.js'
import {type Recognised, recognise} from './recognise.js'
import {type RequestRecord} from './request-log.js'
import {Call} from './services/call.js'
import {EC2_ACTIONS} from './services/ec2.js'
import {JsonInput, parseJsonInput} from './services/json-input.js'
import {RDS_ACTIONS} from './services/rds.js'
import {ssmActions} from './services/ssm.js'
import {stsActions} from './services/sts.js'
import {type SessionRegistry} from './sessions.js'

/** Where accounts have nothing but parts of global databases. */
const OTHER_REGIONS = ['us-east-2', 'ap-northeast-1']

export interface ControlPlaneOptions {
  readonly region: string
  readonly keys: KeyStore
  readonly clock: SandboxClock
  readonly sessions: SessionRegistry
  readonly dataPlane: DataPlane
}

/** STS, RDS, EC2 and Systems Manager of one region on one port of 127.0.0.1. */
export interface ControlPlane {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string
  /** Every request, in order of arrival. */
  readonly log: readonly RequestRecord[]
  readonly disturbances: Disturbances
  close(): Promise<void>
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const {region, keys, clock, sessions, dataPlane} = options
  const log: RequestRecord[] = []
  const disturbances = new Disturbances()
  const queryActions = {sts: stsActions(keys), rds: RDS_ACTIONS, ec2: EC2_ACTIONS}
  const ssm = ssmActions(sessions, dataPlane)

  /** Authenticates, then acts: the answer without its envelope. Throws an AwsFault. */
  function perform(request: IncomingMessage, body: Uint8Array, asked: Recognised, record: RequestRecord): object {
    const {service} = asked
    const now = clock.now()
    const at = regionOf(request) ?? region
    const caller = inOwnWords(asked, () => authenticate(request, body, {service, region: at, keys, now}))
    record.identity = caller.identity.name
    const call = new Call(service, `${service}:${asked.action}`, caller, {region: at, home: region, now})
    if (service === 'ssm') {
      const act = ssm[asked.action]
      if (!act) throw commonFault(service, 'unknown-action')
      return act(new JsonInput(parseJsonInput(asked.json)), call)
    }
    const act = queryActions[service][asked.action]
    if (!act) {
      const message = `The action ${asked.action} is not valid for this web service.`
      throw commonFault(service, 'unknown-action', message)
    }
    return act(asked.form, call)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    const asked = request.method === 'POST' ? recognise(request.headers, body.toString()) : undefined
    if (!asked) return send(response, {status: 404, contentType: 'text/plain', body: 'no such service\n'}, '')
    const record = recordOf(asked, request)
    log.push(record)
    const effects = disturbances.take(record.action, record.userAgent)
    if (effects.some(({kind}) => kind === 'drop')) return void request.socket.destroy()
    if (effects.some(({kind}) => kind === 'hang')) return

    const requestId = randomUUID()
    let reply: Answer
    try {
      const fault = faultOf(asked.service, effects)
      if (fault) throw fault
      reply = resultAnswer(asked.service, asked.action, perform(request, body, asked, record), requestId)
    } catch (error) {
      const fault = error instanceof AwsFault ? error : new AwsFault('InternalFailure', String(error), 500)
      record.errorCode = fault.code
      reply = faultAnswer(asked.service, fault, requestId)
    }
    for (const effect of effects) if (effect.kind === 'delay') await sleep(effect.ms)
    record.status = reply.status
    record.endedAt = performance.now()
    send(response, reply, requestId)
  }

  function send(response: ServerResponse, {status, contentType, body}: Answer, requestId: string): void {
    response.writeHead(status, {
      // SDKs correct their own clock by this one.
      Date: new Date(clock.now()).toUTCString(),
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'x-amzn-RequestId': requestId,
    })
    response.end(body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  // Node's 5 s end a connection just as a busy client takes it up again.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    disturbances,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** One of AWS's other regions that a global database may be in: their endpoints are here, too. */
function regionOf({headers: {authorization = ''}}: IncomingMessage): string | undefined {
  const region = /Credential=[^/,]+\/\d+\/([^/,]+)\//.exec(authorization)?.[1]
  return OTHER_REGIONS.find((one) => one === region)
}

/** Says why a request is not authentic as the service itself would. */
function inOwnWords<T>({service}: Recognised, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof Refusal ? commonFault(service, error.kind, error.message || undefined) : error
  }
}

function recordOf({service, action, form, json}: Recognised, request: IncomingMessage): RequestRecord {
  const parameters = service === 'ssm' ? parametersOf(json) : form.toJSON()
  return {
    service,
    action: `${service}:${action}`,
    parameters,
    furtherPage: ['NextToken', 'Marker'].some((name) => parameters[name] !== undefined),
    userAgent: request.headers['user-agent'] ?? '',
    startedAt: performance.now(),
    identity: undefined,
    status: undefined,
    errorCode: undefined,
    endedAt: undefined,
  }
}

function parametersOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return parseJsonInput(json)
  } catch {
    return {}
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
