import {countText} from '../core/text/amounts.js'
import type {HostsCleaning, HostsListing, HostsListingLine} from '../core/results/hosts-listing.js'
import {printable} from '../core/text/printable.js'
import {shownName} from '../core/text/shell-line.js'
import {unusable} from '../core/text/unusable-helper.js'
import {type Column, table} from './table.js'

const STATES: Readonly<Record<HostsListingLine['state'], string>> = {
  alive: 'alive',
  dead: 'dead',
  elsewhere: 'of another container, or hidden',
}

const COLUMNS: readonly Column<HostsListingLine>[] = [
  {title: 'NAME', text: ({name}) => shownName(name)},
  {title: 'PID', text: ({pid}) => String(pid)},
  {title: 'OWNER', text: ({state}) => STATES[state], gives: 1, short: ({state}) => state},
]

/** A row for each line of dbtunnel's, and below it the notes on it. */
export function hostsText({file, lines, interrupted, helper}: HostsListing, columns: number | undefined): string {
  const isDirty = interrupted || lines.some(({state}) => state === 'dead')
  return [
    ...(lines.length === 0 ? [`dbtunnel has no line in ${shownName(file)}.`] : table(lines, COLUMNS, columns)),
    ...(interrupted ? [`A write of ${shownName(file)} was cut off.`] : []),
    ...(isDirty ? ['To remove it: dbtunnel hosts clean'] : []),
    ...(helper.state === 'usable' ? ['The hosts helper is installed: no password is needed.'] : []),
    ...(helper.state === 'unusable' ? linesOf(unusable(helper.why)) : []),
  ]
    .map(printable)
    .join('\n')
}

function linesOf({detail, hint}: ReturnType<typeof unusable>): string[] {
  return [detail, ...hint.split('\n')]
}

export function cleaningText({file, removed, left}: HostsCleaning): string {
  const others = left.filter(({state}) => state === 'elsewhere')
  return [
    removed.length === 0
      ? `Nothing to clean in ${shownName(file)}.`
      : `Took ${countText(removed.length, 'line')} out of ${shownName(file)}:`,
    ...removed.map(({name, pid}) => `  ${shownName(name)} of process ${pid}, which has ended`),
    ...others.map(
      ({name, pid}) => `Left: ${shownName(name)} of process ${pid}, which is of another container, or hidden.`,
    ),
  ]
    .map(printable)
    .join('\n')
}
