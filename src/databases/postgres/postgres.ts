import type {DatabaseEngine} from '../database-kind.js'

export const postgres: DatabaseEngine = {
  id: 'postgres',
  defaultPort: 5432,
  defaultDatabase: 'postgres',
  matches: (rdsEngine) => rdsEngine === 'postgres' || rdsEngine === 'aurora-postgresql',
  preamble: {
    // SSLRequest: length 8, code 1234 and 5679. `S` agrees, `N` refuses.
    ask: Uint8Array.of(0x00, 0x00, 0x00, 0x08, 0x04, 0xd2, 0x16, 0x2f),
    agree: 'S'.charCodeAt(0),
  },
}
