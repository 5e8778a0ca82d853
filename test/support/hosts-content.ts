import fc from 'fast-check'
import type {ProcessIdentity} from '../../src/core/ports/hosts.js'
import type {Mark} from '../../src/hosts/lines.js'

export const NAME = 'prod-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'
export const OTHER_NAME = 'other-db.c9akciq32rgw.eu-west-1.rds.amazonaws.com'

/** What withLine writes, spelled out. */
export function markLine({name, owner}: Mark): string {
  return `127.0.0.1 ${name} # dbtunnel pid=${owner.pid} started=${owner.started}\n`
}

export const owners: fc.Arbitrary<ProcessIdentity> = fc.record({
  pid: fc.integer({min: 1, max: 4_194_304}),
  started: fc.stringMatching(/^[0-9]{1,8}-[0-9a-f]{8}-[0-9]{10}$/),
})

export const marks: fc.Arbitrary<Mark> = fc.record({name: fc.constantFrom(NAME, OTHER_NAME), owner: owners})

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** Lines such as people, tools and accidents leave, without their line feed. */
const line: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      '127.0.0.1\tlocalhost',
      '::1     ip6-localhost ip6-loopback',
      '# a comment',
      '',
      '10.0.0.7 web web.internal # by hand',
      '\t 10.0.0.8   db\t',
      '192.168.1.1 windows\r',
      '\r',
      '   ',
      'fe80::1%lo0 localhost',
      '127.0.0.1',
      'not an entry at all',
      '127.0.0.1 caf\xc3\xa9.example',
      '10.0.0.9 latin\xe9 # \xff\xfe',
      '10.0.0.9 nul\0nul',
      `# 127.0.0.1 ${NAME}`,
      `10.1.2.3\tx ${OTHER_NAME} # by hand`,
      `::1 ${OTHER_NAME.toUpperCase()}`,
      `127.0.0.1 x${NAME}`,
      `127.0.0.1 ${NAME} # dbtunnel pid=1`,
      `127.0.0.1 ${NAME} # dbtunnel pid=0 started=1`,
      `127.0.0.1  ${NAME} # dbtunnel pid=7 started=7`,
      `127.0.0.1 ${NAME} # dbtunnel pid=7 started=7 and more`,
      `#127.0.0.1 ${NAME} # dbtunnel pid=7 started=7`,
    )
    .map(latin1),
  marks.map((mark) => latin1(markLine(mark).slice(0, -1))),
  fc.uint8Array({maxLength: 80}).map((bytes) => Buffer.from(bytes)),
  fc.integer({min: 500, max: 5000}).map((length) => Buffer.alloc(length, '10.0.0.6 long ')),
)

/** Whole files: with and without a final line feed, empty, of nothing but line feeds. */
export const contents: fc.Arbitrary<Buffer> = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n', '\n\n', '\r')), {maxLength: 12}), fc.option(line))
  .map(([lines, last]) => {
    const ended = lines.map(([text, end]) => Buffer.concat([text, latin1(end)]))
    return Buffer.concat([...ended, last ?? Buffer.alloc(0)])
  })
