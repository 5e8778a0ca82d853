import {Sha256} from '@aws-crypto/sha256-js'
import {SignatureV4} from '@smithy/signature-v4'
import {describe, expect, it} from 'vitest'
import {sha256, signatureOf, type SignedParts} from './sigv4.js'

/** AWS's published example request (AWS SigV4 test suite, get-vanilla). */
const vanilla: SignedParts = {
  method: 'GET',
  path: '/',
  query: [],
  headers: {host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z'},
  payloadHash: sha256(''),
  amzDate: '20150830T123600Z',
  region: 'us-east-1',
  service: 'service',
  secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

describe('signatureOf', () => {
  it('gives the signatures that AWS publishes', () => {
    expect(signatureOf(vanilla)).toBe('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
    expect(
      signatureOf({
        ...vanilla,
        query: [
          ['Action', 'ListUsers'],
          ['Version', '2010-05-08'],
        ],
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          host: 'iam.amazonaws.com',
          'x-amz-date': '20150830T123600Z',
        },
        service: 'iam',
      }),
    ).toBe('5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7')
  })

  it('agrees with the SDK on awkward paths, queries and headers', async () => {
    const query = {Param: 'a b+c/é*~', 'Par-am': "it's (1)", Param2: '', 'a=b': 'x'}
    const path = '/v1/data-channel/alice%40example.com-0a1b2c'
    const signer = new SignatureV4({
      credentials: {accessKeyId: 'AKIDEXAMPLE', secretAccessKey: vanilla.secretKey},
      region: 'eu-west-1',
      service: 'ssmmessages',
      sha256: Sha256,
    })
    const signed = await signer.sign(
      {
        method: 'GET',
        protocol: 'https:',
        hostname: 'h',
        path,
        query,
        headers: {host: 'h:8443', 'x-note': '  two   spaces '},
      },
      {signingDate: new Date('2015-08-30T12:36:00Z')},
    )
    const names = /SignedHeaders=([^,]+)/.exec(signed.headers['authorization'] ?? '')?.[1]?.split(';') ?? []
    expect(names).toContain('x-note')
    const signature = signatureOf({
      ...vanilla,
      path,
      query: Object.entries(query),
      headers: Object.fromEntries(names.map((name) => [name, signed.headers[name] ?? ''])),
      region: 'eu-west-1',
      service: 'ssmmessages',
    })
    expect(signed.headers['authorization']).toContain(`Signature=${signature}`)
  })
})
