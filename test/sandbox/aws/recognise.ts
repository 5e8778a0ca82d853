import {type IncomingHttpHeaders} from 'node:http'
import {type Service} from './fault.js'
import {QueryParameters} from './query-parameters.js'

/** Which service and action a request is for, by its protocol; nothing of it has been verified. */
export interface Recognised {
  readonly service: Service
  /** Without the service: `DescribeInstances`. */
  readonly action: string
  readonly form: QueryParameters
  /** Of a JSON request. */
  readonly json: string
}

const VERSIONS: ReadonlyMap<string, Service> = new Map([
  ['2011-06-15', 'sts'],
  ['2014-10-31', 'rds'],
  ['2016-11-15', 'ec2'],
])

/** Undefined for what no service here would understand. */
export function recognise(headers: IncomingHttpHeaders, body: string): Recognised | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim()
  if (type === 'application/x-amz-json-1.1') {
    const [, action] = /^AmazonSSM\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? []
    return action === undefined ? undefined : {service: 'ssm', action, form: new QueryParameters([]), json: body}
  }
  if (type !== 'application/x-www-form-urlencoded') return undefined
  const form = new QueryParameters(new URLSearchParams(body))
  const service = VERSIONS.get(form.get('Version') ?? '')
  return service && {service, action: form.get('Action') ?? '', form, json: ''}
}
