/** Who is looked for in a passfile: host, port, database and user. */
type Wanted = readonly [host: string, port: string, database: string, user: string]

/** How a driver finds a password in the text of a passfile; undefined where it finds none. Throws where it gives up. */
type Reader = (text: string, wanted: Wanted) => string | undefined

interface Rules {
  /** Whether spaces around a line are left out. */
  readonly trims?: boolean
  /** How one field is read. The fifth has all that follows the fourth. */
  readonly fields: (line: string) => readonly string[] | undefined
  readonly matches: (field: string, wanted: string, index: number) => boolean
  readonly password: (field: string) => string
}

const readerOf =
  ({trims = false, fields, matches, password}: Rules): Reader =>
  (text, wanted) => {
    for (const given of text.split('\n').filter((one) => one.trim() !== '')) {
      const found = fields(trims ? given.trim() : given)
      if (found && wanted.every((value, index) => matches(found[index] ?? '', value, index))) {
        return password(found[4] ?? '')
      }
    }
    return undefined
  }

/** At each `:` without a `\` before it. */
const bareColons = (line: string): readonly string[] => line.split(/(?<!\\):/)
const unescaped = (field: string): string => field.replaceAll(/\\(.)/g, '$1')
const firstFour = (parts: readonly string[]): readonly string[] => [...parts.slice(0, 4), parts.slice(4).join(':')]
const isSame = (field: string, wanted: string): boolean => field === '*' || field === wanted

/** What drivers do with a passfile, as their sources say: the versions are the last that do so. */
export const PASSFILE_READERS: Readonly<Record<string, Reader>> = {
  'libpq 17': readerOf({
    fields: (line) => firstFour(bareColons(line)),
    matches: (field, wanted) => field === '*' || unescaped(field) === wanted,
    password: (field) => unescaped(bareColons(field)[0] ?? ''),
  }),
  'asyncpg 0.30': readerOf({
    trims: true,
    fields: (line) => firstFour(bareColons(line)),
    matches: isSame,
    password: (field) => field,
  }),
  'sqlx 0.8': readerOf({
    fields: (line) => firstFour(bareColons(line)),
    matches: (field, wanted) => isSame(unescaped(field), wanted),
    password: (field) => field,
  }),
  'sqlx 0.9': readerOf({
    fields: (line) => firstFour(bareColons(line)),
    matches: (field, wanted) => isSame(unescaped(field), wanted),
    password: unescaped,
  }),
  'pgx 5': readerOf({
    trims: true,
    fields(line) {
      const parts = bareColons(line)
      return parts.length === 5 ? parts : undefined
    },
    matches: isSame,
    password: unescaped,
  }),
  'lib/pq 1.10': readerOf({
    fields(line) {
      const parts = bareColons(line).map(unescaped)
      return parts.length === 5 ? parts : undefined
    },
    matches: isSame,
    password: (field) => field,
  }),
  'Npgsql 9': readerOf({
    trims: true,
    fields(line) {
      const parts = bareColons(line)
      if (parts.length !== 5) throw new Error('pgpass entry was not well-formed.')
      return parts
    },
    matches: (field, wanted, index) => isSame(index === 1 ? String(Number(field)) : field, wanted),
    password: unescaped,
  }),
}
