import {describe, expect, it} from 'vitest'
import {type PluginEvent, PluginOutput} from '../../../../../src/links/session/plugin/output.js'

const ID = 'alice.b@example.com-0a1b2c3d4e5f60718'

// As the real plugin 1.2.677 prints it.
const MUX = `\nStarting session with SessionId: ${ID}\nPort 54321 opened for sessionId ${ID}.\nWaiting for connections...\n`
const BASIC = `\nStarting session with SessionId: ${ID}\nPort 54321 opened for sessionId ${ID}.\n`

function read(text: string): PluginEvent[] {
  const output = new PluginOutput()
  return [...output.push(Buffer.from(text)), ...output.finish()]
}

describe('what the plugin tells', () => {
  it.each<[string, string, PluginEvent[]]>([
    ['listening, mux', MUX, [{kind: 'listening', port: 54321}]],
    ['listening, basic', BASIC, [{kind: 'listening', port: 54321}]],
    ['nothing yet', `\nStarting session with SessionId: ${ID}\n`, []],
    ['a first connection', `\nConnection accepted for session [${ID}]\n`, []],
    [
      'two failed dials',
      '\nConnection to destination port failed, check SSM Agent logs.\n'.repeat(2),
      [{kind: 'dial-failed'}, {kind: 'dial-failed'}],
    ],
    ['channel closed', `\n\nSessionId: ${ID} : Session was idle.\n\n`, [{kind: 'ended', reason: 'Session was idle.'}]],
    ['channel closed without a word', `\n\nExiting session with sessionId: ${ID}.\n\n`, [{kind: 'ended', reason: ''}]],
    ['no token to resume', `Session: ${ID} timed out.\n`, [{kind: 'timed-out'}]],
    [
      'a setup error',
      'Cannot perform start session: listen tcp 127.0.0.1:5432: bind: address already in use\n',
      [{kind: 'failed', reason: 'listen tcp 127.0.0.1:5432: bind: address already in use'}],
    ],
    ['a wrong call', 'Invalid Operation', [{kind: 'failed', reason: 'Invalid Operation'}]],
    ['a port that is none', `Port 99999 opened for sessionId ${ID}.\n`, []],
  ])('%s', (_, text, events) => {
    expect(read(text)).toEqual(events)
  })

  it('is listening before its line has an end', () => {
    expect(new PluginOutput().push(Buffer.from(`\nPort 5433 opened for sessionId ${ID}.`))).toEqual([
      {kind: 'listening', port: 5433},
    ])
  })

  it('is the same wherever the output is cut', () => {
    const bytes = Buffer.from(
      `${MUX}\nConnection to destination port failed, check SSM Agent logs.\n\n\nSessionId: ${ID} : über\n\n`,
    )
    const whole = new PluginOutput().push(bytes)
    expect(whole).toEqual([{kind: 'listening', port: 54321}, {kind: 'dial-failed'}, {kind: 'ended', reason: 'über'}])
    for (let cut = 0; cut <= bytes.length; cut++) {
      const output = new PluginOutput()
      expect([...output.push(bytes.subarray(0, cut)), ...output.push(bytes.subarray(cut))]).toEqual(whole)
    }
    const output = new PluginOutput()
    expect([...bytes].flatMap((byte) => output.push(Uint8Array.of(byte)))).toEqual(whole)
  })
})

describe('the last lines', () => {
  it('are the last few that are not empty, without control codes', () => {
    const output = new PluginOutput()
    output.push(Buffer.from(Array.from({length: 20}, (_, index) => `line ${index}\n\n`).join('')))
    output.push(Buffer.from('\u001b[2Jlast\r\nunfinished'))
    output.finish()
    expect(output.lastLines).toEqual([...[14, 15, 16, 17, 18, 19].map((n) => `line ${n}`), '[2Jlast', 'unfinished'])
  })

  it('stay small, whatever comes', () => {
    const output = new PluginOutput()
    for (let round = 0; round < 100; round++) output.push(Buffer.alloc(100_000, 'x'))
    output.push(Buffer.from('\n'))
    expect(output.lastLines.join('').length).toBeLessThanOrEqual(1000)
  })
})
