import {describe, expect, it} from 'vitest'
import {redact} from '../../../../src/core/text/redact.js'

const SECRETS: Record<string, string> = {
  'database token':
    'db.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=alice&X-Amz-Credential=ASIASECRETSECRET%2F20261120&X-Amz-Security-Token=SECRETabc%2F&X-Amz-Signature=SECRET0123',
  'StartSession answer':
    '{"SessionId":"alice-0a","TokenValue":"SECRET/+=","StreamUrl":"wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/alice-0a?role=SECRET"}',
  'escaped JSON': String.raw`{\"TokenValue\":\"SECRETvalue\"}`,
  credentials: 'AWS_SECRET_ACCESS_KEY=SECRETkey AWS_SESSION_TOKEN=SECRETtoken AWS_ACCESS_KEY_ID=AKIASECRETSECRET99',
  'credentials object':
    "{accessKeyId: 'ASIASECRETSECRET77', secretAccessKey: 'SECRETkey', sessionToken: 'SECRETtoken'}",
  'proxy URL': 'HTTPS_PROXY=http://ann:SECRETpassword@proxy:3128',
  'proxy header': 'CONNECT h:443 HTTP/1.1\r\nProxy-Authorization: Basic SECRETabc=',
  header:
    'x-amz-security-token: SECRETtoken\r\nauthorization: AWS4-HMAC-SHA256 Credential=ASIASECRETSECRET12/x, Signature=0123456789abcdef0123456789abcdef',
}

describe('redact', () => {
  for (const [name, text] of Object.entries(SECRETS)) {
    it(`takes the secrets out of: ${name}`, () => {
      expect(redact(text)).not.toMatch(/SECRET[a-z0-9/+=]|SECRETSECRET|0123456789abcdef/)
    })
  }

  it('leaves a plain sentence as it is', () => {
    const text = 'i-0abc in vpc-1 is ConnectionLost: start its SSM agent (agent 3.1.1374.0).'
    expect(redact(text)).toBe(text)
  })

  // The service's own words come through here, up to 4 MiB of them; read in the square of that, they would take hours.
  it('reads a long row of beginnings of stream URLs in no time', {timeout: 5000}, () => {
    const text = 'ws://'.repeat(40_000)
    expect(redact(text)).toBe(text)
    expect(redact(`${text}?SECRETtoken`)).toBe(`${text}?***`)
  })

  it('keeps what is no secret of a session: its id and host', () => {
    expect(redact(SECRETS['StartSession answer'] ?? '')).toContain('alice-0a')
  })
})
