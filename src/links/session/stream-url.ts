import {fail} from '../../core/errors.js'
import {isThisMachine} from '../../core/grammars.js'
import type {StartSessionAnswer} from '../../core/ports/aws.js'

/**
 * Checks where StartSession sends us, before anything is sent there. AWS's own endpoint may only name a data channel of
 * its region at AWS, over TLS. An endpoint that the person has set may name any host, over TLS, or this very machine.
 * Throws PROTOCOL; the URL's query is a secret and is in no message.
 */
export function checkStreamUrl({streamUrl, awsDomains}: Pick<StartSessionAnswer, 'streamUrl' | 'awsDomains'>): void {
  const url = URL.canParse(streamUrl) ? new URL(streamUrl) : undefined
  const where = url ? `${url.protocol}//${url.host}` : 'not a URL'
  if (awsDomains !== undefined) {
    if (url?.protocol === 'wss:' && awsDomains.some((domain) => isDataChannel(url, domain))) return
    throw fail('PROTOCOL', `StartSession returned a stream URL that is not an AWS host (${where}).`, {
      hint: 'Try again. If it happens again, check your proxy and AWS_CA_BUNDLE.',
    })
  }
  if (url?.protocol === 'wss:' || (url?.protocol === 'ws:' && isThisMachine(url.hostname))) return
  throw fail('PROTOCOL', `StartSession returned a stream URL that is not encrypted (${where}).`, {
    hint: 'Check AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SSM: they may point to a host that is not AWS.',
  })
}

/** `ssmmessages.DOMAIN`, or a variant of it such as `ssmmessages-fips`. Below the other names customers can have hosts, too. */
function isDataChannel({host}: URL, domain: string): boolean {
  return host.endsWith(`.${domain}`) && /^ssmmessages[a-z0-9-]*$/.test(host.slice(0, -domain.length - 1))
}
