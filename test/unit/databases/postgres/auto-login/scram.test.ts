import {createHash, createHmac, pbkdf2Sync} from 'node:crypto'
import {expect, it} from 'vitest'
import {message} from '../../../../../src/databases/postgres/auto-login/messages.js'
import {askPassword, verifierOf} from '../../../../../src/databases/postgres/auto-login/scram.js'
import {lineSaying} from '../../../../support/line.js'
import {until} from '../../../../support/until.js'

const PASSWORD = 'cVq0w3oLh0dJY2m8kq3YzA'
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function initial(first: string, mechanism = 'SCRAM-SHA-256', lie = 0): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(first.length + lie)
  return message('p', Buffer.concat([Buffer.from(`${mechanism}\0`), length, Buffer.from(first)]))
}

interface Attempt {
  readonly password?: string
  readonly first?: Buffer
  /** Of the last message. */
  readonly change?: (final: string) => string
}

/** A client by the RFC. Resolves to what the server thought of it, and all that the server said. */
async function attempt({password = PASSWORD, first = initial('n,,n=,r=client'), change = (final) => final}: Attempt) {
  const client = lineSaying([first], true)
  const asking = askPassword(client.line, await verifierOf(PASSWORD))
  const serverFirst = await Promise.race([
    asking.then(() => undefined),
    until('the challenge', () => /r=client[^,]*,s=[^,]+,i=\d+$/.exec(client.sent().toString('latin1'))?.[0]),
  ])
  if (serverFirst !== undefined) {
    const [, nonce = '', salt = '', rounds] = /^r=([^,]*),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash('sha256').update(clientKey).digest()
    const said = `n=,r=client,${serverFirst},c=biws,r=${nonce}`
    const signature = hmac(storedKey, said)
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))
    client.say(message('p', Buffer.from(change(`c=biws,r=${nonce},p=${Buffer.from(proof).toString('base64')}`))))
    const isRight = await asking
    return {isRight, sent: client.sent().toString('latin1'), proofOfServer: hmac(hmac(salted, 'Server Key'), said)}
  }
  return {isRight: await asking, sent: client.sent().toString('latin1'), proofOfServer: Buffer.alloc(0)}
}

it('lets in who has the password, and proves that it has it, too', async () => {
  const {isRight, sent, proofOfServer} = await attempt({})
  expect(isRight).toBe(true)
  await until('the proof', async () => sent.includes('SCRAM-SHA-256') || undefined)
  expect(proofOfServer).toHaveLength(32)
})

it.each<[string, Attempt]>([
  ['another password', {password: 'wrong'}],
  ['no password', {password: ''}],
  ['a nonce that is not the one given', {change: (final) => final.replace('r=client', 'r=clienT')}],
  ['another channel binding', {change: (final) => final.replace('c=biws', 'c=eSws')}],
  ['a proof that is too short', {change: (final) => final.replace(/p=.*/, 'p=AAAA')}],
  ['a proof of zeros', {change: (final) => final.replace(/p=.*/, `p=${Buffer.alloc(32).toString('base64')}`)}],
  ['no proof', {change: (final) => final.replace(/,p=.*/, '')}],
  ['something else', {change: () => 'hello'}],
  ['another mechanism', {first: initial('n,,n=,r=client', 'SCRAM-SHA-1')}],
  ['channel binding', {first: initial('p=tls-unique,,n=,r=client')}],
  ['a length that lies', {first: initial('n,,n=,r=client', 'SCRAM-SHA-256', 5)}],
  ['no nonce', {first: initial('n,,n=,r=')}],
  ['a query', {first: message('Q', Buffer.from('select 1\0'))}],
])('keeps out who comes with %s', async (_, wrong) => {
  expect((await attempt(wrong)).isRight).toBe(false)
})
