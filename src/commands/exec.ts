import * as Args from '@oclif/core/args'
import {BaseCommand} from '../cli/base-command.js'
import {outputFlags, settingFlags, severalFlags} from '../cli/flags.js'
import {readOwnFlags} from '../cli/words/flag-table.js'
import {splitExecWords} from '../cli/words/split-words.js'

export default class Exec extends BaseCommand {
  static override summary = 'Run any program on a private RDS database, and undo everything when it ends.'

  static override description = `The program finds the way in its environment: PGHOST and the other variables of libpq (pg_dump, pgbench and every other \
libpq client log in with no further word), and DBTUNNEL_URL, DBTUNNEL_HOST, DBTUNNEL_PORT, DBTUNNEL_USER, DBTUNNEL_DATABASE and \
DBTUNNEL_CA for all others. No password is among them: libpq reads it from PGPASSFILE, and "dbtunnel token" prints one. \
All words after "--" are the program's, and no shell reads them. \
Status, signals and standard streams are the program's own; the status is one of sysexits.h, 126 or 127 when dbtunnel itself fails.

Several databases (--target, or a pattern or group of the config files as TARGET) have a tunnel and a program each, a few at a time. Each line that they print has its target before it; \
a table at the end says what became of each. The status is 0 when all succeeded, else that of the first in the list that failed.`

  static override usage = [
    'exec TARGET [FLAGS] -- COMMAND [ARGUMENTS]',
    'exec --target TARGET --target TARGET [FLAGS] -- COMMAND [ARGUMENTS]',
  ]

  static override examples = [
    {description: 'A dump:', command: '<%= config.bin %> <%= command.id %> prod-db -- pg_dump -Fc -f prod.dump'},
    {
      description: 'A shell, for a while:',
      command: '<%= config.bin %> <%= command.id %> prod-db -- bash',
    },
    {
      description: 'For several databases, eight at a time, what each prints in files of its own:',
      command:
        '<%= config.bin %> <%= command.id %> --target prod-db --target billing-db --parallel 8 --output-dir out -- psql -f report.sql',
    },
    {
      description: 'What needs a shell, or a URL:',
      command: `<%= config.bin %> <%= command.id %> prod-db -- sh -c 'migrate --database "$DBTUNNEL_URL" up'`,
    },
  ]

  static override args = {
    target: Args.string({description: 'The database, as for psql.', ignoreStdin: true}),
  }

  static override flags = {...settingFlags('exec'), ...severalFlags, ...outputFlags}

  async run(): Promise<void> {
    this.checkWords('Put it into a script, and run that.')
    const {own, target, client} = splitExecWords(this.argv, readOwnFlags(Exec.flags))
    const first = target === undefined ? [] : [target]
    const {flags} = await this.parse(Exec, [...own, ...first])
    const {target: others = [], parallel, 'output-dir': outputFolder, 'fail-fast': failFast, ...login} = flags
    const terminal = this.openTerminal(flags)
    const request = {flags: login, command: client, words: [...first, ...own]}
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {selectTargets}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/request/select-targets.js'),
    ])
    const app = openApp(terminal, flags)
    const named = [...first, ...others]
    const {targets, isOpen} = await selectTargets(named, app.sources.configFiles)
    if (target !== undefined && others.length === 0 && !isOpen && outputFolder === undefined) {
      const [{exec}, {chooseProgress}] = await Promise.all([
        import('../flows/exec/one.js'),
        import('../present/progress/choose.js'),
      ])
      this.exit(await exec({...request, target}, app, await chooseProgress(terminal, flags)))
    }
    const [{execMany}, {execManyView}] = await Promise.all([
      import('../flows/exec/many.js'),
      import('../present/exec-many-view.js'),
    ])
    const several = {...request, named, targets, parallel, outputFolder, failFast}
    this.exit(await execMany(several, app, execManyView(terminal, {...flags, outputFolder})))
  }
}
