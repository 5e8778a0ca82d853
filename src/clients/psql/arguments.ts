import {fail} from '../../core/errors.js'
import {quoted} from '../../core/text/clip.js'
import {shellLine} from '../../core/text/shell-line.js'
import type {ClientLogin, ClientWords} from '../client.js'
import {readPsqlWord} from './options.js'

/**
 * Reads psql's words as psql would. Every spelling of user and database (`-U`,
 * `-Ux`, `-AtU x`, `--username=`, `--user`, first and second name) is ours;
 * what would leave the tunnel, lower TLS or ask for a password is refused
 * (ARGUMENT_REFUSED), and what psql itself would refuse is refused before a
 * tunnel is opened for it (USAGE). `own` is what dbtunnel's own `-U` and `-d`
 * gave: psql counts them, too, when it reads a name without an option.
 */
export function readPsqlArguments(words: readonly string[], own: ClientLogin = {}): ClientWords {
  const login = {user: checkUser(own.user), database: checkDatabase(own.database)}
  const names: string[] = []
  const argv: string[] = []

  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const read = readPsqlWord(word)
    if (read.kind === 'wrong') throw fail('USAGE', read.problem, {hint: 'See psql --help.'})
    if (read.kind === 'plain') names.push(word)
    else if (read.kind === 'end') {
      // Kept: without a word after it, it means nothing to psql.
      argv.push(word)
      names.push(...words.slice(at + 1))
      break
    } else {
      if (read.bare.includes('W')) throw passwordRefused()
      if (!read.valued) {
        argv.push(word)
        continue
      }
      const {letter} = read.valued
      const separate = read.valued.value === undefined
      const value = separate ? words[++at] : read.valued.value
      if (letter === 'h' || letter === 'p') throw addressRefused(letter === 'h' ? 'host' : 'port')
      if (value === undefined) throw fail('USAGE', `psql's ${word} needs a value.`, {hint: 'See psql --help.'})
      if (letter !== 'U' && letter !== 'd') {
        argv.push(...(separate ? [word, value] : [word]))
        continue
      }
      if (letter === 'U') login.user = agree('user', login.user, checkUser(value))
      else login.database = agree('database', login.database, checkDatabase(value))
      // The other letters of a cluster stay: -Atd x leaves -At.
      if (read.bare.length > 0) argv.push(`-${read.bare.join('')}`)
    }
  }

  for (const name of names) {
    if (STATEMENT.test(name)) throw statementRefused(name)
    if (login.database === undefined) login.database = checkDatabase(name)
    else if (login.user === undefined) login.user = checkUser(name)
    else throw superfluous(name)
  }
  return {...login, argv}
}

/** Nobody calls a database so; with -d one could. */
const STATEMENT =
  /^\s*(\\|(select|insert|update|delete|with|values|show|explain|create|drop|alter|truncate|vacuum|analyze|table|copy|grant|revoke|begin|set|call|do)\s)/i

function statementRefused(text: string): Error {
  return fail(
    'ARGUMENT_REFUSED',
    `psql takes a word alone for the name of a database, and ${quoted(text)} is a statement.`,
    {
      hint: `Put -c before it: ${shellLine(['-c', text])}`,
    },
  )
}

function checkUser(user: string | undefined): string | undefined {
  if (user !== '') return user
  throw fail('ARGUMENT_REFUSED', 'The database user is empty.', {
    hint: 'Set it (-U NAME), or remove -U to use your AWS session name.',
  })
}

/** libpq takes a database "name" with a `=` or `://` for a whole connection string, sslmode and host included. */
function checkDatabase(database: string | undefined): string | undefined {
  if (database === '') {
    throw fail('ARGUMENT_REFUSED', 'The database name is empty.', {
      hint: 'Set it (-d NAME), or remove -d to use the default database.',
    })
  }
  if (database?.includes('=') || database?.includes('://')) {
    throw fail(
      'ARGUMENT_REFUSED',
      'A connection string is not accepted as the database name: it could bypass the tunnel or weaken TLS.',
      {
        hint: 'Give only the name: -d app. The target sets the host, and -U sets the user.',
      },
    )
  }
  return database
}

function agree(what: 'user' | 'database', before: string | undefined, now: string | undefined): string | undefined {
  if (before === undefined || before === now) return now
  throw fail('ARGUMENT_REFUSED', `Two different names are given for the ${what}: "${before}" and "${now}".`, {
    hint: `Give the ${what} once.`,
  })
}

function addressRefused(what: 'host' | 'port'): Error {
  return fail('ARGUMENT_REFUSED', `psql's ${what} option is not allowed: psql would bypass the tunnel.`, {
    hint:
      what === 'host'
        ? 'Remove it. To connect by host name, use the endpoint as the target.'
        : 'Remove it. To choose the local port: --local-port PORT',
  })
}

function passwordRefused(): Error {
  return fail(
    'ARGUMENT_REFUSED',
    "psql's -W is not allowed: psql would send a typed password instead of the IAM token.",
    {
      hint: 'Remove it. No password is needed.',
    },
  )
}

function superfluous(name: string): Error {
  return fail('ARGUMENT_REFUSED', `Extra argument "${name}": database and user are already set.`, {
    hint: 'Remove it. If it is part of another argument, quote the two together.',
  })
}
