import {fail} from '../../core/errors.js'

/** A proxy as the environment names it. */
export interface Proxy {
  /** Without user and password: the one form that may be shown. */
  readonly url: URL
  /** `host:port` */
  readonly name: string
  /** The variable that names it. */
  readonly variable: string
  /** For its `Proxy-Authorization` header: a secret. */
  readonly authorization?: string | undefined
}

const PORTS: Readonly<Record<string, string>> = {'http:': '80', 'https:': '443'}

/** This machine, and what clouds answer on it: metadata and credentials of instances and containers. */
const NEVER = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.\d+\.\d+|\[fd00:ec2::.*\])$/

/**
 * The proxy that leads to `target` (`https:`, `wss:`, `http:` or `ws:`), by the rules that curl, the AWS CLI and the
 * session-manager-plugin share: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in lower case, too. Rejects with CONFIG_INVALID for
 * one that is no HTTP proxy.
 */
export function proxyFor(target: URL): Proxy | undefined {
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:'
  const found = variable(isSecure ? 'https_proxy' : 'http_proxy')
  if (!found || NEVER.test(target.hostname)) return undefined
  const port = target.port || (isSecure ? '443' : '80')
  if (isExempt(target.hostname, port, variable('no_proxy')?.value ?? '')) return undefined
  return read(found.name, found.value)
}

function variable(name: string): {readonly name: string; readonly value: string} | undefined {
  for (const spelling of [name, name.toUpperCase()]) {
    const value = process.env[spelling]?.trim()
    if (value) return {name: spelling, value}
  }
  return undefined
}

/** NO_PROXY: `*`, or names (each for all names below it, too), with or without a port. */
function isExempt(hostname: string, port: string, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = '', onlyPort = port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? []
      if (entry === '*') return true
      return name !== '' && onlyPort === port && (hostname === name || hostname.endsWith(`.${name}`))
    })
}

function read(name: string, value: string): Proxy {
  const text = value.includes('://') ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const usual = PORTS[url?.protocol ?? '']
  if (!url || usual === undefined || url.hostname === '') {
    const kind = url?.hostname ? `is a proxy of another kind (${url.protocol}//)` : 'is not the address of a proxy'
    throw fail('CONFIG_INVALID', `${name} ${kind}.`, {hint: `Set it to an HTTP proxy: ${name}=http://HOST:PORT`})
  }
  const {username, password} = url
  const credentials = `${plain(username)}:${plain(password)}`
  const bare = new URL(`${url.protocol}//${url.host}`)
  return {
    url: bare,
    name: `${url.hostname}:${url.port || usual}`,
    variable: name,
    ...(credentials === ':' ? {} : {authorization: `Basic ${Buffer.from(credentials).toString('base64')}`}),
  }
}

/** A password may hold a `%` that nobody has encoded. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
