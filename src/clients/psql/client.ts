import type {ClientWithTerminal} from '../client.js'
import {PSQL_LONG_NAMES, readPsqlWord, takesNextWord} from './options.js'

export const psql: ClientWithTerminal = {
  id: 'psql',
  databases: ['postgres'],
  programs: ['psql'],
  takesAddress: true,
  terminal: {
    grammar: {
      longNames: PSQL_LONG_NAMES,
      problemOf(word) {
        const read = readPsqlWord(word)
        return read.kind === 'wrong' ? read.problem : undefined
      },
      takesNextWord,
    },
    statuses: '0 to 3',
    // psql(1)
    statusWithoutConnection: 2,
    examples: [
      {description: 'One query, and nothing else on stdout:', words: "prod-db -Atc 'select 1'"},
      {description: 'A script, stopping at its first error:', words: 'prod-db -v ON_ERROR_STOP=1 -f migrate.sql'},
      {description: 'The reader of a cluster, as another user:', words: 'orders:reader -U report'},
    ],
    load: async () => (await import('./terminal.js')).terminal,
  },
}
