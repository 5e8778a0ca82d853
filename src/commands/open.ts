import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../cli/base-command.js'
import type {OpenView} from '../flows/open/open-request.js'
import {outputFlags, settingFlags} from '../cli/flags.js'

export default class Open extends BaseCommand {
  static override summary = 'Open a tunnel to a private RDS database for any client, until Ctrl-C.'

  static override description = `Once the database has answered, stdout gets the lines to paste into another shell, where psql and \
every other libpq client then log in with no password, for as long as the tunnel is open. What is open stands on stderr. \
With --json: one object on one line. A session that is lost is replaced, on the same port.`

  static override examples = [
    {description: 'For the clients of another shell:', command: '<%= config.bin %> <%= command.id %> prod-db'},
    {
      description: 'On a port of your choice, for a client that was set up once:',
      command: '<%= config.bin %> <%= command.id %> prod-db --local-port 15432',
    },
    {
      description: 'For this very shell (fish: --shell fish | source), with the tunnel in the background:',
      command: 'eval "$(<%= config.bin %> <%= command.id %> prod-db --detach)"',
    },
    {
      description: 'For clients that know nothing of tokens, and stay connected for days:',
      command: '<%= config.bin %> <%= command.id %> prod-db --auto-login',
    },
    {
      description: 'For a script, which reads one line once the tunnel is ready:',
      command: '<%= config.bin %> <%= command.id %> prod-db --quiet --json',
    },
  ]

  static override enableJsonFlag = true

  static override args = {
    target: Args.string({description: 'The database, as for psql.', required: true, ignoreStdin: true}),
  }

  static override flags = {
    ...settingFlags('open'),
    detach: Flags.boolean({
      description: 'Return once the tunnel is ready, and keep it open in the background until: dbtunnel close TARGET.',
      helpGroup: 'TUNNEL',
    }),
    new: Flags.boolean({
      description: 'Open another one, even if this database is open already.',
      helpGroup: 'TUNNEL',
    }),
    'new-password': Flags.boolean({
      description: 'With --auto-login --tcp: make another local password; the earlier one is worth nothing any more.',
      helpGroup: 'TUNNEL',
    }),
    ...outputFlags,
  }

  #isReady = false
  #isInBackground = false

  async run(): Promise<void> {
    const {args, flags} = await this.parse(Open)
    const terminal = this.openTerminal(flags)
    const isForShell = !this.jsonEnabled()
    // Loaded when they are needed, so that a usage error is told at once.
    const [
      {openApp},
      {open},
      {statusLine},
      {detach},
      {withParent},
      {chooseProgress},
      {openedFacts, openedJson, openedLines, useText},
    ] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/open/open.js'),
      import('../flows/open/status-line.js'),
      import('../flows/open/detach.js'),
      import('../flows/open/with-parent.js'),
      import('../present/progress/choose.js'),
      import('../present/opened-tunnel.js'),
    ])
    const progress = await chooseProgress(terminal, flags)
    const ready: OpenView['ready'] = (tunnel, {shell}) => {
      if (isForShell) terminal.notice(openedFacts(tunnel))
      terminal.stdout.write(isForShell ? openedLines(tunnel, shell) : openedJson(tunnel))
      this.#isReady = true
    }
    const use = (now: Parameters<typeof useText>[0] | undefined): void =>
      terminal.status(now && ((columns) => useText(now, columns)))
    const drawn = terminal.isScreen && !flags.quiet && !flags.debug
    const app = openApp(terminal, flags)
    const {parent} = app.background
    const {new: another, detach: isToDetach, 'new-password': isPasswordRenewed, ...others} = flags
    const request = {target: args.target, flags: others, another, isPasswordRenewed, isForShell, words: this.argv}
    if (isToDetach && !parent) return detach(request, app, ready)
    this.#isInBackground = parent !== undefined
    const told: OpenView['ready'] | undefined =
      parent && ((tunnel, {isHere}) => parent.tell({kind: 'ready', tunnel, isHere}))
    const view = {ready: told ?? ready, observers: drawn ? [statusLine(use)] : []}
    await withParent(parent, () => open(request, app, view, progress))
  }

  /** stdout gets one object, and not a second one at the end; a log gets lines. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() && !this.#isReady && !this.#isInBackground
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`)
  }
}
