import * as Args from '@oclif/core/args'
import type * as Interfaces from '@oclif/core/interfaces'
import type {ClientWithTerminal} from '../clients/client.js'
import {BaseCommand} from './base-command.js'
import {outputFlags, settingFlags} from './flags.js'
import {readOwnFlags} from './words/flag-table.js'
import {splitClientWords} from './words/split-words.js'

/** What was typed, by who reads it. */
export interface TypedWords {
  readonly target: string
  readonly flags: Interfaces.InferredFlags<typeof flags>
  /** The client's, in order. */
  readonly words: readonly string[]
  /** All of them. */
  readonly typed: readonly string[]
}

const flags = {...settingFlags('client'), ...outputFlags}

/** The command of a client with a prompt, but for its flow: `dbtunnel psql`. */
export function clientCommand(client: ClientWithTerminal) {
  const {id, terminal} = client
  abstract class ClientCommand extends BaseCommand {
    static override summary = `Open a ${id} prompt on a private RDS database, and undo everything when it ends.`

    static override description = `TARGET is a name of the config files, an RDS instance or cluster (prod-db, prod-db:reader, prod-db:CUSTOM), or an endpoint's host name. \
All words after it are ${id}'s, but for the flags above; after "--" all are ${id}'s. The status is ${id}'s own (${terminal.statuses}), or one of sysexits.h when dbtunnel itself fails.`

    static override usage = `${id} TARGET [FLAGS] [${id.toUpperCase()} ARGUMENTS]`

    static override examples = [{description: 'A prompt:', words: 'prod-db'}, ...terminal.examples].map(
      ({description, words}) => ({description, command: `<%= config.bin %> <%= command.id %> ${words}`}),
    )

    static override args = {
      target: Args.string({description: 'The database.', required: true, ignoreStdin: true}),
    }

    static override flags = flags

    protected async readWords(): Promise<TypedWords> {
      this.checkWords('Put what it says in a file, or give it on stdin.')
      const {own, target, client: words} = splitClientWords(this.argv, readOwnFlags(flags), client)
      // oclif puts what it parses in their place.
      const typed = this.argv
      // Not the class: of that oclif would take its own properties alone, and no inherited ones.
      const parsed = await this.parse({args: ClientCommand.args, flags}, [...own, target])
      return {target, flags: parsed.flags, words, typed}
    }
  }
  return ClientCommand
}
