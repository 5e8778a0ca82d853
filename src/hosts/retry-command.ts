import {shellLine} from '../core/text/shell-line.js'
import type {NameMapping} from './map-name.js'

/** Why clients that take no address will not find the name, and the command with which they would, if there is one. */
export function unmappedNotice(
  {why, mayRetry}: Extract<NameMapping, {via: 'hostaddr'}>,
  command: string | undefined,
): string {
  return mayRetry && command !== undefined ? `${why} For clients that need it:\n  ${command}` : why
}

/**
 * The same command once more, with the name in the hosts file: on a terminal sudo asks.
 * `own` are dbtunnel's words of it, `client` are the command's behind `--`.
 */
export function mappingCommand(
  command: 'open' | 'exec',
  own: readonly string[],
  client: readonly string[] = [],
): string {
  const others = own.filter((word, index) => !/^--resolve/.test(word) && own[index - 1] !== '--resolve')
  const behind = client.length === 0 ? [] : ['--', ...client]
  return shellLine(['dbtunnel', command, ...others, '--resolve', 'hosts', ...behind])
}
