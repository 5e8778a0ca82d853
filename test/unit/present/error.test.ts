import {describe, expect, it} from 'vitest'
import {fail} from '../../../src/core/errors.js'
import {asFailure, errorJson, errorText} from '../../../src/present/error.js'

describe('a failure as text', () => {
  const error = fail('DATABASE_UNAVAILABLE', 'prod-db is stopped.', {
    hint: 'aws rds start-db-instance --db-instance-identifier prod-db\nThen try again.',
    cause: new Error('inner', {cause: new Error('innermost TokenValue=SECRET')}),
  })

  it('says what failed, its code, and what to type next; no stack', () => {
    expect(errorText(error, {debug: false})).toBe(
      'dbtunnel: prod-db is stopped. [DATABASE_UNAVAILABLE]\n' +
        '  aws rds start-db-instance --db-instance-identifier prod-db\n' +
        '  Then try again.',
    )
  })

  it('shows the causes under --debug, without their secrets', () => {
    const text = errorText(error, {debug: true})
    expect(text).toContain('caused by: Error: inner')
    expect(text).toContain('innermost')
    expect(text).not.toContain('SECRET')
  })

  it('gives JSON with a stable code and the status', () => {
    expect(errorJson(error).error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      exitCode: 69,
      message: 'prod-db is stopped.',
    })
  })

  it('lets no foreign word steer the terminal, in message, hint or cause', () => {
    const evil = '\u001b]0;owned\u0007\u009b2J\r'
    const failure = fail('AWS_FAILED', `AWS said ${evil}`, {hint: `It said: ${evil}\nTry.`, cause: new Error(evil)})
    expect(errorText(failure, {debug: true})).toMatch(/^(?:(?!\p{Cc}).|\n)*$/u)
    expect(errorText(failure, {debug: false})).toBe(
      'dbtunnel: AWS said ?]0;owned??2J? [AWS_FAILED]\n  It said: ?]0;owned??2J?\n  Try.',
    )
  })

  it('calls an unknown error a bug of ours, on one line', () => {
    const failure = asFailure(new TypeError('x is not\n a function'))
    expect(failure).toMatchObject({code: 'INTERNAL', exitCode: 70})
    expect(failure.message).toBe('This is a bug in dbtunnel: x is not a function')
  })
})
