import {SHELLS} from '../../core/text/shell-variables.js'
import {setting} from '../setting.js'
import {words} from '../value-kinds.js'

/** What is printed, and how. */
export const output = [
  setting({
    key: 'shell',
    value: words('SHELL', SHELLS),
    group: 'OUTPUT',
    help: 'Shell to print the lines for: bash, zsh, fish, or sh for any other. Without it: sh, which bash and zsh read, too.',
    flag: 'shell',
    commands: ['open'],
    unset: 'sh',
  }),
] as const
