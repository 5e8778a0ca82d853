import {harmless} from './text/printable.js'
import {shownName} from './text/shell-line.js'

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

/** Host-name grammar (RFC 1123): dotted labels of letters, digits and inner hyphens, at most 253 characters. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && text.split('.').every((label) => LABEL.test(label)) && !/^[0-9.]+$/.test(text)
}

/** A URL's host that can only be this very machine. */
export function isThisMachine(hostname: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}

/** The number of a TCP port that can be connected to. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535
}

/** An RDS identifier: a letter, then letters, digits and single hyphens, at most 63 characters. */
export function isDatabaseIdentifier(text: string): boolean {
  return text.length <= 63 && /^[a-z](-?[a-z0-9])*$/i.test(text)
}

/** A database's plain name. libpq would read `=` and `://` as a whole connection string, psql a leading `-` as an option. */
export const DATABASE_NAME = /^(?!-)(?!.*:\/\/)[^=\p{Cc}]{1,63}$/u

/** The shape of an AWS region's name, such as `eu-west-1` or `us-gov-east-1`. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2,4}(-[a-z]{2,12}){1,2}-\d{1,2}$/.test(text)
}

/** A bastion among facts: its Name tag, where it has one, and its id. Others write tags. */
export function bastionText({id, name}: {readonly id: string; readonly name?: string | undefined}): string {
  return name === undefined || name === '' ? id : `${shownName(name)} ${id}`
}

/** A managed node as its owner knows it: the id, and the Name tag where there is one. */
export function nodeName({id, name}: {readonly id: string; readonly name?: string | undefined}): string {
  return name === undefined || name === '' ? harmless(id) : `${harmless(id)} "${harmless(name)}"`
}
