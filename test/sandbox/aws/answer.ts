import type {AwsFault, Service} from './fault.js'
import {type Xml, xmlDocument} from './xml.js'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const RDS = 'http://rds.amazonaws.com/doc/2014-10-31/'
const STS = 'https://sts.amazonaws.com/doc/2011-06-15/'
const EC2 = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** A result in the service's own envelope. `result` is JSON for SSM, elements for the others. */
export function resultAnswer(service: Service, action: string, result: object, requestId: string): Answer {
  if (service === 'ssm') return {status: 200, contentType: JSON_TYPE, body: JSON.stringify(result)}
  const elements = result as {readonly [name: string]: Xml}
  const content =
    service === 'ec2'
      ? {requestId, ...elements}
      : {[`${action}Result`]: elements, ResponseMetadata: {RequestId: requestId}}
  const namespace = {rds: RDS, sts: STS, ec2: EC2}[service]
  return {status: 200, contentType: XML_TYPE, body: xmlDocument(`${action}Response`, content, namespace)}
}

/** A fault in the service's own envelope. */
export function faultAnswer(service: Service, fault: AwsFault, requestId: string): Answer {
  const {status, code: Code, message: Message} = fault
  if (service === 'ssm') {
    // Denials alone spell it with a capital.
    const key = Code === 'AccessDeniedException' ? 'Message' : 'message'
    return {status, contentType: JSON_TYPE, body: JSON.stringify({__type: Code, [key]: Message})}
  }
  if (service === 'ec2') {
    const content = {Errors: {Error: {Code, Message}}, RequestID: requestId}
    return {status, contentType: XML_TYPE, body: xmlDocument('Response', content)}
  }
  const content = {Error: {Type: fault.ours ? 'Receiver' : 'Sender', Code, Message}, RequestId: requestId}
  return {status, contentType: XML_TYPE, body: xmlDocument('ErrorResponse', content, service === 'rds' ? RDS : STS)}
}

const JSON_TYPE = 'application/x-amz-json-1.1'
const XML_TYPE = 'text/xml;charset=UTF-8'
