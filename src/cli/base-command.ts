import {Command} from '@oclif/core/command'
import {ExitError} from '@oclif/core/errors'
import {withholdNodeDebug} from '../adapters/terminal/node-debug.js'
import {mangledWord} from '../adapters/terminal/raw-words.js'
import {Terminal} from '../adapters/terminal/terminal.js'
import {fail, isDbtunnelError} from '../core/errors.js'
import {ended} from './exit.js'
import {type ParsedCommand, parserError} from './parse-error.js'
import {asFailure, errorJson, errorText} from '../present/error.js'

/** Where a command's failure becomes text or JSON, and an exit status: here and nowhere else. */
export abstract class BaseCommand extends Command {
  #debug = false
  #withholds = false

  override async init(): Promise<void> {
    // Before anything of AWS is loaded.
    this.#withholds = withholdNodeDebug()
    await super.init()
    if (process.platform === 'win32') {
      throw fail('PLATFORM_UNSUPPORTED', 'dbtunnel does not run on native Windows.', {
        hint: 'Use it in WSL 2: https://learn.microsoft.com/windows/wsl/install',
      })
    }
  }

  /** The client would get other words than were typed. `hint` is what to do instead. */
  protected checkWords(hint: string): void {
    const word = mangledWord(this.argv)
    if (word === undefined) return
    throw fail(
      'ARGUMENT_REFUSED',
      `The word ${JSON.stringify(word)} is not valid UTF-8, so it cannot be passed on unchanged.`,
      {
        hint,
      },
    )
  }

  /** stderr and stdout for this command, as its flags want them. */
  protected openTerminal(flags: {quiet: boolean; debug: boolean}): Terminal {
    this.#debug = flags.debug
    const terminal = new Terminal({...flags, json: this.jsonEnabled()})
    if (this.#withholds) terminal.notice('NODE_DEBUG is set. Its output is hidden, because it contains secrets.')
    return terminal
  }

  protected override async catch(error: Error): Promise<void> {
    // `this.exit(status)`: a client's own status, or success.
    if (error instanceof ExitError) throw ended(error.oclif.exit ?? 0)
    const failure = isUsage(error) ? parserError(error, this.#parsed()) : asFailure(refusal(error))
    // Where stdout itself has failed, only stderr is left to tell it.
    if (this.jsonEnabled() && !process.stdout.errored) this.logJson(errorJson(failure))
    // `console`, which oclif would use, takes a while to load.
    else process.stderr.write(`${errorText(failure, {debug: this.#debug, columns: process.stderr.columns})}\n`)
    throw ended(failure.exitCode)
  }

  #parsed(): ParsedCommand {
    const json = this.ctor.enableJsonFlag ? {json: {type: 'boolean'} as const} : {}
    return {id: (this.id ?? '').replaceAll(':', ' '), argv: this.argv, flags: {...this.ctor.flags, ...json}}
  }
}

/** What oclif itself throws while a command runs is its parser's: not all of it says so (a flag given twice). */
function isUsage(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error
}

/** A flag's own check refused its value: the cause says why, where oclif wrote around the message. */
function refusal(error: Error): unknown {
  return isDbtunnelError(error.cause) && error.message.startsWith('Parsing --') ? error.cause : error
}
