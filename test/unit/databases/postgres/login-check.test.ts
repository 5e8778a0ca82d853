import {expect, it} from 'vitest'
import {loginCheck} from '../../../../src/databases/postgres/login-check.js'

const FAILED = 'psql: error: connection to server at "db.example" (127.0.0.1), port 41234 failed: FATAL:  '

it.each<[string, {code: number; stdout?: string; stderr?: string}, object]>([
  ['a member is let in', {code: 0, stdout: 't|alice\n'}, {kind: 'in', user: 'alice', isByIam: true}],
  ['someone else is let in', {code: 0, stdout: 'f|a|b\n'}, {kind: 'in', user: 'a|b', isByIam: false}],
  [
    'IAM says no',
    {code: 2, stderr: `${FAILED}PAM authentication failed for user "alice"\n`},
    {kind: 'refused-by-iam', words: 'PAM authentication failed for user "alice"'},
  ],
  [
    'the database compares passwords',
    {code: 2, stderr: `${FAILED}password authentication failed for user "alice"\n`},
    {kind: 'asked-for-password', words: 'password authentication failed for user "alice"'},
  ],
  [
    'another reason',
    {code: 2, stderr: `\n${FAILED}database "nope" does not exist\nmore\n`},
    {kind: 'failed', words: 'database "nope" does not exist'},
  ],
  ['the statement fails', {code: 1, stderr: 'ERROR:  no\n'}, {kind: 'failed', words: 'no'}],
  ['silence', {code: null as never}, {kind: 'failed', words: 'psql said nothing.'}],
])('%s', (_, {code, stdout = '', stderr = ''}, outcome) => {
  expect(loginCheck.read({code, stdout, stderr})).toEqual(outcome)
})
