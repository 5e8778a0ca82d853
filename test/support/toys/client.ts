import type {ClientWithTerminal} from '../../../src/clients/client.js'
import {fail} from '../../../src/core/errors.js'

/** For a test: a client of the toy database, which has one option. */
export const toybox: ClientWithTerminal = {
  id: 'toybox',
  databases: ['toy'],
  programs: ['toybox'],
  takesAddress: false,
  terminal: {
    grammar: {
      longNames: ['say'],
      problemOf: (word) => (word.startsWith('--') && word !== '--say' ? `toybox has no option ${word}.` : undefined),
      takesNextWord: (word) => word === '--say',
    },
    statuses: '0 or 1',
    statusWithoutConnection: 1,
    examples: [{description: 'Something to say:', words: 'my-toy --say hello'}],
    load: async () => ({
      async find({process}) {
        const file = await process.find('toybox')
        if (file === undefined) throw fail('CLIENT_MISSING', 'toybox is not on PATH.', {hint: 'Look under the bed.'})
        return file
      },
      version: async (file, process, environment) =>
        (await process.output({file, argv: ['--version'], env: environment}, 5000)).trim(),
      read: (words, own) => ({...own, argv: words}),
      isAboutItself: () => false,
      argv: (words) => words,
    }),
  },
}
