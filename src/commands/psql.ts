import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import {outputFlags, settingFlags} from '../cli/flags.js'
import {readOwnFlags} from '../cli/words/flag-table.js'
import {splitPsqlWords} from '../cli/words/split-words.js'

export default class Psql extends BaseCommand {
  static override summary = 'Open a psql prompt on a private RDS database, and undo everything when it ends.'

  static override description = `TARGET is a name of the config files, an RDS instance or cluster (prod-db, prod-db:reader, prod-db:CUSTOM), or an endpoint's host name. \
All words after it are psql's, but for the flags below; after "--" all are psql's. The status is psql's own (0 to 3), or one of sysexits.h when dbtunnel itself fails.`

  static override usage = 'psql TARGET [FLAGS] [PSQL ARGUMENTS]'

  static override examples = [
    {description: 'A prompt:', command: '<%= config.bin %> <%= command.id %> prod-db'},
    {
      description: 'One query, and nothing else on stdout:',
      command: "<%= config.bin %> <%= command.id %> prod-db -Atc 'select 1'",
    },
    {
      description: 'A script, stopping at its first error:',
      command: '<%= config.bin %> <%= command.id %> prod-db -v ON_ERROR_STOP=1 -f migrate.sql',
    },
    {
      description: 'The reader of a cluster, as another user:',
      command: '<%= config.bin %> <%= command.id %> orders:reader -U report',
    },
  ]

  static override args = {
    target: Args.string({description: 'The database.', required: true, ignoreStdin: true}),
  }

  static override flags = {...settingFlags('psql'), ...outputFlags}

  async run(): Promise<void> {
    this.checkWords('Put what it says in a file (-f FILE), or give it on stdin.')
    const {own, target, client} = splitPsqlWords(this.argv, readOwnFlags(Psql.flags))
    // oclif puts what it parses in their place.
    const typed = this.argv
    const {flags} = await this.parse(Psql, [...own, target])
    const terminal = this.openTerminal(flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {psql}, {chooseProgress}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/psql.js'),
      import('../present/progress/choose.js'),
    ])
    const progress = await chooseProgress(terminal, flags)
    const request = {target, flags, words: client, typed}
    this.exit(await psql(request, openApp(terminal, flags), progress))
  }
}
