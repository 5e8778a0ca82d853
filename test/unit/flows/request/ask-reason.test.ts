import {describe, expect, it} from 'vitest'
import {isDbtunnelError} from '../../../../src/core/errors.js'
import type {Settings} from '../../../../src/settings/settings.js'
import {withOneReason, withReason} from '../../../../src/flows/request/ask-reason.js'
import {parseTarget} from '../../../../src/targets/parse-target.js'
import {recordedRun} from '../../links/session/plugin/recorded-run.js'

const guarded = {requireReason: true} as Settings

/** Someone at a terminal, who answers each question with this; or nobody. */
function person(answer?: string) {
  const asked: string[] = []
  return {
    asked,
    canAsk: () => answer !== undefined,
    ask: async (question: string) => {
      asked.push(question)
      return answer ?? ''
    },
  }
}

const give = (settings: Settings, who: ReturnType<typeof person>) =>
  withReason({target: 'prod-db', settings, command: 'psql', typed: ['prod-db', '-c', 'select 1']}, who, recordedRun())

describe('a reason', () => {
  it('is asked for where the settings want one and have none', async () => {
    const who = person('INC-1')
    expect(await give(guarded, who)).toEqual({...guarded, reason: 'INC-1'})
    expect(who.asked).toEqual(['Reason for prod-db (kept in the session history): '])
  })

  it('is asked for once more after Enter alone, and not after Ctrl-D', async () => {
    const answers = ['\n', 'INC-1\n']
    const who = {canAsk: () => true, ask: async () => answers.shift() ?? ''}
    expect(await withReason({target: 'x', settings: guarded, command: 'psql', typed: []}, who, recordedRun())).toEqual({
      ...guarded,
      reason: 'INC-1',
    })
    const gone = person('')
    await expect(give(guarded, gone)).rejects.toMatchObject({code: 'REASON_MISSING'})
    expect(gone.asked).toHaveLength(1)
  })

  it('is asked for nowhere else', async () => {
    const who = person('INC-1')
    expect(await give({...guarded, reason: 'INC-2'}, who)).toMatchObject({reason: 'INC-2'})
    expect((await give({requireReason: false} as Settings, who)).reason).toBeUndefined()
    expect(who.asked).toEqual([])
  })

  it.each([
    ['no answer', person('')],
    ['nobody to ask', person()],
  ])('%s: 64, and the line to type', async (_, who) => {
    const error: unknown = await give(guarded, who).catch((error: unknown) => error)
    expect(isDbtunnelError(error) && error).toMatchObject({
      code: 'REASON_MISSING',
      exitCode: 64,
      hint: `dbtunnel psql --reason 'TICKET: what for' prod-db -c 'select 1'`,
    })
  })

  it('is held to the rules of --reason', async () => {
    await expect(give(guarded, person('x'.repeat(257)))).rejects.toMatchObject({code: 'VALUE_INVALID'})
    await expect(give(guarded, person('a\u001Bb'))).rejects.toMatchObject({code: 'VALUE_INVALID'})
  })
})

describe('one reason for several', () => {
  const request = (text: string, settings: object) => ({name: parseTarget(text), settings: settings as Settings})
  const all = [
    request('a-db', {requireReason: false}),
    request('b-db', guarded),
    request('c-db', {...guarded, reason: 'INC-2'}),
    request('d-db', guarded),
  ]

  it('is asked for once, and given to those alone that want one and have none', async () => {
    const who = person('INC-1')
    const settled = await withOneReason(all, {command: 'exec', typed: []}, who, recordedRun())
    expect(settled.map(({settings}) => settings.reason)).toEqual([undefined, 'INC-1', 'INC-2', 'INC-1'])
    expect(who.asked).toEqual(['Reason for b-db and 1 more (kept in the session history): '])
  })
})
