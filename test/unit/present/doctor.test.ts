import {describe, expect, it} from 'vitest'
import type {Checkup, HopResult} from '../../../src/core/results/checkup.js'
import {checkupJson, hopText, verdictText} from '../../../src/present/doctor.js'

const PLAIN = {columns: undefined, hasColours: false}
const login: HopResult = {
  id: 'login',
  title: 'Login',
  status: 'fail',
  detail: 'The database asked IAM, and IAM does not allow arn:aws:iam::123456789012:user/alice to log in as bob.',
  code: 'LOGIN_REFUSED',
  hint: 'The policy of your user or role must allow it:\n{"Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABC/bob"}',
}

describe('a hop', () => {
  it('is a line, with what to do below it', () => {
    expect(hopText({id: 'node', title: 'Node', status: 'ok', detail: '22.1.0'}, PLAIN)).toBe(
      'ok    Node             22.1.0\n',
    )
    const lines = hopText(login, PLAIN).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^FAIL {2}Login {12}The database .* \[LOGIN_REFUSED\]$/)
    expect(lines[2]).toMatch(/^ {6}\{"Effect"/)
  })

  it('fits a terminal, but for what is to be copied', () => {
    const lines = hopText(login, {columns: 80, hasColours: false}).split('\n')
    const [statement] = lines.filter((line) => line.includes('{'))
    expect(statement).toContain('dbuser:db-ABC/bob"}')
    expect(lines.filter((line) => line !== statement).every((line) => line.length <= 80)).toBe(true)
  })

  it('has colours where they are wanted, and no one else’s control characters', () => {
    const text = hopText({...login, detail: 'a\x1b[2Jb\x07'}, {columns: undefined, hasColours: true})
    expect(text).toMatch(/^\x1b\[31mFAIL {2}\x1b\[0mLogin/) // eslint-disable-line no-control-regex
    expect(text).toContain('a?[2Jb?')
  })

  it('never shows a secret', () => {
    const detail = 'X-Amz-Signature=0123456789abcdef0123456789abcdef'
    expect(hopText({...login, detail}, PLAIN)).not.toContain('0123456789abcdef')
    const checkup = {target: null, healthy: false, failing: 'login', exitCode: 77, hops: [{...login, detail}]}
    expect(JSON.stringify(checkupJson(checkup))).not.toContain('0123456789abcdef')
  })
})

it('ends with what it comes to', () => {
  const broken: Checkup = {target: 'prod-db', healthy: false, failing: 'login', exitCode: 77, hops: [login]}
  const well: Checkup = {...broken, healthy: true, failing: null, exitCode: 0}
  expect(verdictText(broken, 80)).toBe('\nFirst problem: Login (exit status 77).\n')
  expect(verdictText(well, 80)).toBe('\ndbtunnel psql prod-db works.\n')
  expect(verdictText({...well, target: null}, 80)).toContain('dbtunnel doctor TARGET')
})
