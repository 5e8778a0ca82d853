import {inspect} from 'node:util'
import {expect, it} from 'vitest'
import {loadConfig} from '../../../../src/flows/request/load-config.js'

const FILE = '/srv/shop/dbtunnel.yaml'

const load = (owner: 'team' | 'user', text: string) => loadConfig(async () => [{owner, path: FILE, text}])

/** What the user's own file holds, the place that the error names, and what it says. */
const MALFORMED: readonly (readonly [string, string, string, RegExp])[] = [
  // YAML
  ['targets:\n\tprod-db: {}\n', '2:1', 'prod-db', /Tabs/],
  ['targets:\n  prod-db: {user: x\n', '2:19', 'prod-db', /end with a }/],
  ['targets:\n  prod-db:\n    user: "x\n', '3:12', 'user', /Missing closing "/],
  ['targets:\n  prod-db: a: b\n', '2:12', 'prod-db', /Nested mappings/],
  ['targets:\n  prod-db:\n    user: @x\n', '3:11', 'user', /reserved character @/],
  ['targets:\n  prod-db:\n    user: x\n   bastion: any\n', '4:1', 'bastion', /same column/],
  ['targets:\n  prod-db: {user: x}\n  prod-db: {user: y}\n', '3:3', 'prod-db', /"prod-db" is there twice/],
  ['defaults:\n  user: x\n  "user": y\n', '3:3', 'user', /twice/],
  ['defaults: &d {user: x}\n', '1:14', 'defaults', /aliases .* not taken/],
  ['targets:\n  a: *d\n', '2:6', 'a', /aliases .* not taken/],
  ['defaults:\n  user: !env HOME\n', '2:9', 'user', /tag/i],
  ['targets:\n  <<: {user: x}\n', '2:3', 'targets.<<', /A name has/],
  ['defaults:\n  user: x\n---\ndefaults: {}\n', '3:1', '', /second document/],
  ['%FOO bar\n---\ndefaults: {}\n', '1:1', '', /directive/],
  ['defaults:\n  user: "a\u0000b"\n', '2:11', 'user', /control character/],
  ['targets:\n  ? [a, b]\n  : {}\n', '2:5', '', /keys must be strings/],
  // Shape
  ['- targets\n', '1:1', '', /Expected a mapping, and not a list/],
  ['targets\n', '1:1', '', /Expected a mapping, and not text/],
  ['tragets:\n  a: {}\n', '1:1', 'tragets', /no such key.*Did you mean targets/s],
  ['targets:\n', '1:1', 'targets', /Expected a mapping, and not nothing/],
  ['targets: [prod-db]\n', '1:1', 'targets', /Expected a mapping, and not a list/],
  ['targets:\n  prod-db: shop\n', '2:3', 'targets.prod-db', /Expected a mapping, and not text/],
  ['targets:\n  prod-db:\n    usr: x\n', '3:5', 'targets.prod-db.usr', /Did you mean user/],
  ['targets:\n  prod-db:\n    local-port: 5432\n', '3:5', 'targets.prod-db.local-port', /Did you mean localPort/],
  ['targets:\n  prod-db:\n    read_only: true\n', '3:5', 'targets.prod-db.read_only', /Did you mean readOnly/],
  ['defaults:\n  identifier: prod-db\n', '2:3', 'defaults.identifier', /no such key/],
  ['defaults:\n  user: 123\n', '2:3', 'defaults.user', /not a number.*in quotes/s],
  ['defaults:\n  user: true\n', '2:3', 'defaults.user', /Expected text, and not true/],
  ['defaults:\n  user:\n', '2:3', 'defaults.user', /Expected text, and not nothing/],
  ['defaults:\n  production: on\n', '2:3', 'defaults.production', /Expected true or false, and not text/],
  ['defaults:\n  readOnly: 1\n', '2:3', 'defaults.readOnly', /Expected true or false/],
  ['defaults:\n  ttl: [8h]\n', '2:3', 'defaults.ttl', /Expected a time/],
  ['defaults:\n  resolve: host\n', '2:3', 'defaults.resolve', /one of auto, hosts, hostaddr, and not "host"/],
  ['defaults:\n  sslmode: require\n', '2:3', 'defaults.sslmode', /one of verify-full, verify-ca/],
  ['groups:\n  all: prod-db\n', '2:3', 'groups.all', /Expected a list of names/],
  ['groups:\n  all: [prod-db, 7]\n', '2:18', 'groups.all.1', /Expected text/],
  ['bastions:\n  profile: prod\n', '1:1', 'bastions', /Expected a list/],
  ['bastions:\n  - profile: prod\n', '2:5', 'bastions.0.bastion', /It is missing/],
  ['targets:\n  prod-db:\n    tags: {team: 7}\n', '3:12', 'targets.prod-db.tags.team', /Expected text/],
  // Values
  ['targets:\n  prod-db:\n    localPort: 70000\n', '3:5', 'targets.prod-db.localPort', /port from 1 to 65535/],
  ['targets:\n  prod-db:\n    timeout: 2h\n', '3:5', 'targets.prod-db.timeout', /time from 1s to 60m/],
  ['targets:\n  prod-db:\n    ttl: 30d\n', '3:5', 'targets.prod-db.ttl', /time from 1s to 7d/],
  ['targets:\n  prod-db:\n    region: Ireland\n', '3:5', 'targets.prod-db.region', /AWS region/],
  ['targets:\n  prod-db:\n    bastion: i-1\n', '3:5', 'targets.prod-db.bastion', /one of any, i-…/],
  ['targets:\n  prod-db:\n    database: "a=b"\n', '3:5', 'targets.prod-db.database', /plain name of a database/],
  ['targets:\n  prod-db:\n    user: "-h"\n', '3:5', 'targets.prod-db.user', /name of a database user/],
  ['targets:\n  prod-db:\n    caBundle: ~/ca.pem\n', '3:5', 'targets.prod-db.caBundle', /in full/],
  ['targets:\n  prod-db:\n    reason: "a\\nb"\n', '3:5', 'targets.prod-db.reason', /one line/],
  ['targets:\n  prod-db:\n    identifier: -x\n', '3:5', 'targets.prod-db.identifier', /is not a valid target/],
  [
    'targets:\n  prod-db:\n    host: db.example.com\n',
    '3:5',
    'targets.prod-db.host',
    /not the name of an RDS endpoint/,
  ],
  ['targets:\n  prod-db:\n    host: prod-db\n', '3:5', 'targets.prod-db.host', /not a host name/],
  ['targets:\n  prod-db:\n    port: 5432\n', '3:5', 'targets.prod-db.port', /only together with "host"/],
  [
    'targets:\n  a:\n    host: a.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n    region: us-east-1\n',
    '4:5',
    'targets.a.region',
    /is in eu-west-1/,
  ],
  [
    'targets:\n  a:\n    identifier: a\n    host: a.c9akciq32rgw.eu-west-1.rds.amazonaws.com\n',
    '4:5',
    'targets.a.host',
    /one of them is enough/,
  ],
  ['targets:\n  prod_db: {user: x}\n', '2:3', 'targets.prod_db', /no identifier and no host/],
  ['targets:\n  -x: {identifier: a}\n', '2:3', 'targets.-x', /A name has/],
  ['targets:\n  prod: {identifier: a}\n  PROD: {identifier: b}\n', '3:3', 'targets.PROD', /There is prod already/],
  ['targets:\n  a: {}\ngroups:\n  a: [b]\n', '4:3', 'groups.a', /There is a target of this name/],
  ['groups:\n  all: ["$(id)"]\n', '2:9', 'groups.all.0', /neither the name of a target nor a pattern/],
  ['bastions:\n  - bastion: any\n', '2:5', 'bastions.0', /no account, profile or region/],
  ['bastions:\n  - {account: "1234", bastion: any}\n', '2:6', 'bastions.0.account', /12 digits/],
  ['bastions:\n  - {account: 123456789012, bastion: any}\n', '2:6', 'bastions.0.account', /in quotes/],
]

it('there are at least fifty', () => expect(MALFORMED.length).toBeGreaterThanOrEqual(50))

it.each(MALFORMED)('%j: names file, line and key', async (text, place, key, says) => {
  const refused = load('user', text)
  await expect(refused).rejects.toMatchObject({code: 'CONFIG_INVALID', exitCode: 78})
  const {message, hint} = (await refused.catch((error: unknown) => error)) as {message: string; hint?: string}
  const expected = key === '' ? `${FILE}:${place}` : new RegExp(`^${FILE}:${place}(\\d+)?: ${escape(key)}: `)
  expect(message).toMatch(expected)
  expect(`${message}\n${hint ?? ''}`).toMatch(says)
})

it('a file of nothing but brackets is refused, too', async () => {
  const text = `groups: ${'['.repeat(100_000)}`
  await expect(load('user', text)).rejects.toThrow(/^\/srv\/shop\/dbtunnel.yaml:1:\d+: groups: It is nested too deeply/)
})

it('of several faults the first one is told', async () => {
  await expect(load('user', 'groups: {a: 1}\ntargets:\n  a: {usr: x}\nx: 1\n')).rejects.toThrow(
    `${FILE}:1:10: groups.a`,
  )
})

it.each(['', '# nothing yet\n', '{}', '---\n', '\ufefftargets:\r\n  prod-db:\r\n    user: alice\r\n'])(
  'takes %j as it is meant',
  async (text) => {
    await expect(load('user', text)).resolves.toHaveLength(1)
  },
)

it('thousands of keys are read in no time', async () => {
  const targets = Array.from({length: 8000}, (_, index) => `  t${index}: {user: x}`)
  await expect(load('team', ['targets:', ...targets].join('\n'))).resolves.toHaveLength(1)
})

/** One-line files of other programs, which a link in a repository can lead to. */
const SECRET_FILES = [
  'host:5432:*:alice:s3cr3t-word',
  'host:5432:*: alice:s3cr3t-word',
  's3cr3t-word',
  '"s3cr3t-word"',
  '!s3cr3t-word',
  '!<s3cr3t-word>',
  '%s3cr3t-word\n',
  '| s3cr3t-word',
  '] s3cr3t-word',
  '--- a\n...\ns3cr3t-word\n',
  'targets: s3cr3t-word',
  'targets: {prod-db: s3cr3t-word}',
  'groups: {all: s3cr3t-word}',
  'defaults: {production: s3cr3t-word}',
  'defaults: {localPort: s3cr3t-word}',
]

it.each(SECRET_FILES)('no value of a wrong type is shown, nor what is no config file at all: %j', async (text) => {
  const refused = (await load('user', text).catch((error: unknown) => error)) as Error & {hint?: string}
  expect(refused).toMatchObject({code: 'CONFIG_INVALID'})
  expect(inspect(refused, {depth: 9})).not.toContain('s3cr3t')
})

it('a number of a wrong type is not shown', async () => {
  await expect(load('user', '48151623\n')).rejects.toThrow(/Expected a mapping, and not a number\.$/)
  await expect(load('user', 'defaults: {user: 48151623}\n')).rejects.toThrow(/Expected text, and not a number\.$/)
})

it.each([
  ['a value', `defaults: {resolve: ${'x'.repeat(900)}}`],
  ['a value that is checked later', `defaults: {bastion: ${'x'.repeat(900)}}`],
  ['a name', `targets: {${'x'.repeat(900)}: {}}`],
  ['a host', `targets: {a: {host: ${'x'.repeat(900)}}}`],
  ['an identifier', `targets: {a: {identifier: ${'x_'.repeat(450)}}}`],
  ['a key', `defaults: {${'x'.repeat(900)}: 1}`],
  ['a key that is there twice', `defaults: {${'x'.repeat(900)}: 1, ${'x'.repeat(900)}: 1}`],
  ['what is no YAML', `defaults: {user: @${'x'.repeat(900)}}`],
  ['what is too long for anything', `defaults: {user: ${'x'.repeat(200_000)}}`],
  ['what is too long for a key', `defaults: {${'x'.repeat(200_000)}: 1}`],
])('no more than 80 characters of it are shown: %s', async (_, text) => {
  const refused = (await load('user', text).catch((error: unknown) => error)) as Error & {hint?: string}
  expect(refused).toMatchObject({exitCode: 78})
  const shown = `${refused.message} ${refused.hint ?? ''}`.match(/[x_]{2,}/g) ?? []
  expect(Math.max(0, ...shown.map((part) => part.length))).toBeLessThanOrEqual(80)
})

it.each([
  ['colons', `"://${'a:'.repeat(110_000)}"`],
  ['words for a password', `"${'pass '.repeat(45_000)}"`],
  ['keys that begin', `"${'-----BEGIN '.repeat(20_000)}"`],
])('a long value of %s is refused before it is searched for secrets', async (_, value) => {
  const {user, system} = process.cpuUsage()
  await expect(load('team', `defaults: {database: ${value}}`)).rejects.toThrow(/longer than 1000 characters/)
  const now = process.cpuUsage()
  // In the time of this process: it took 12 s where the patterns were given all of it.
  expect(now.user + now.system - user - system).toBeLessThan(3_000_000)
})

function escape(text: string): string {
  return text.replaceAll(/[^\w]/g, '\\$&')
}
