import {fail} from '../../../src/core/errors.js'
import type {DatabaseKind} from '../../../src/databases/database-kind.js'

/** For a test: a kind that takes RDS's Oracle for one that greets with a letter and then encrypts. */
export const toy: DatabaseKind = {
  id: 'toy',
  label: 'Toy',
  matches: (rdsEngine) => rdsEngine === 'toy' || rdsEngine.startsWith('oracle'),
  defaultPort: 1521,
  defaultDatabase: 'box',
  iamMark: 'a sticker',
  async probe(line, login) {
    await line.read(1)
    await line.encrypt()
    line.write(Buffer.from(await login.token()))
    return 'answered'
  },
  loginFiles: ({user}, token) => ({'toy.conf': `${user}\n${token}\n`}),
  ownsVariable: (name) => name.startsWith('TOY_'),
  isHarmless: () => false,
  takesAddress: false,
  takesSettings: true,
  inTheWay: ['TOY_ELSEWHERE'],
  homeFiles: [],
  variables: ({host, localPort, loginFiles}) => ({
    TOY_AT: `${host}:${localPort}`,
    TOY_CONF: loginFiles['toy.conf'] ?? '',
  }),
  url: ({host, localPort, user}) => `toy://${encodeURIComponent(user)}@${host}:${localPort}`,
  grants: (user) => [`MAKE ${JSON.stringify(user)};`, `STICK ON ${JSON.stringify(user)};`],
  loginCheck: {
    argv: ['--check'],
    env: {},
    read: ({stderr}) => ({kind: 'failed', words: stderr}),
  },
  explainRefusal: ({words}, {user}) => fail('LOGIN_REFUSED', `The toy does not let ${user} in: ${words}`),
}
