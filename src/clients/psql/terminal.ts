import type {TerminalClient} from '../client.js'
import {readPsqlArguments} from './arguments.js'
import {findPsql, psqlVersion} from './find.js'
import {hasPrompt, isAboutItself, promptWords} from './prompt.js'

export const terminal: TerminalClient = {
  find: findPsql,
  version: psqlVersion,
  read: readPsqlArguments,
  isAboutItself,
  argv(words, {target, readOnly}, {isInteractive, production}) {
    const ours = isInteractive && hasPrompt(words) ? promptWords(target, {readOnly, production}) : []
    return [...ours, ...words]
  },
}
