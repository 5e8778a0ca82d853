import {fail} from '../../../../core/errors.js'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Checks where StartSession sends us: TLS, or this very machine. Rejects with
 * PROTOCOL; the URL's query is a secret and is in no message.
 */
export function checkStreamUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'wss:' || (url?.protocol === 'ws:' && LOOPBACK.has(url.hostname))) return text
  const where = url ? `${url.protocol}//${url.host}` : 'no URL'
  throw fail('PROTOCOL', `StartSession answered with a stream that is not encrypted (${where}).`, {
    hint: 'Check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SSM: they may name a machine that is not AWS.',
  })
}

/** False when the URL carries its own signature (real plugin since 1.2.764). */
export function needsSignature(url: string): boolean {
  return ![...new URL(url).searchParams.keys()].some((key) => key.toLowerCase().startsWith('x-amz-'))
}
