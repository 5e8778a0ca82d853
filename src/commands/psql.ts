// Written by bin/kinds.mjs, which each build runs: do not edit.
import {clientCommand} from '../cli/client-command.js'
import {psql} from '../clients/psql/client.js'

export default class Psql extends clientCommand(psql) {
  async run(): Promise<void> {
    const request = await this.readWords()
    const terminal = this.openTerminal(request.flags)
    // Loaded when they are needed, so that a usage error is told at once.
    const [{openApp}, {runTerminalClient}, {chooseProgress}] = await Promise.all([
      import('../app/ports.js'),
      import('../flows/terminal-client.js'),
      import('../present/progress/choose.js'),
    ])
    const progress = await chooseProgress(terminal, request.flags)
    this.exit(await runTerminalClient(psql, request, openApp(terminal, request.flags), progress))
  }
}
