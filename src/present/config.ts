import type {
  ConfigListing,
  ConfiguredListing,
  LeadListing,
  SettingListing,
  TargetListing,
} from '../core/results/config-listing.js'
import {clip} from '../core/text/clip.js'
import {harmless} from '../core/text/printable.js'
import {shownName} from '../core/text/shell-line.js'
import {type Column, table} from './table.js'

const OWNERS = {team: 'team', user: 'your own'}

const baseName = (origin: string): string => harmless(origin.replace(/\S*\//, ''))

function railsText({production, readOnly, requireReason}: ConfiguredListing): string {
  const rails = [
    ...(production ? ['production'] : []),
    ...(readOnly ? ['read-only'] : []),
    ...(requireReason ? ['reason'] : []),
  ]
  return rails.join(', ') || '-'
}

const TARGETS: readonly Column<ConfiguredListing>[] = [
  {title: 'TARGET', text: ({target}) => shownName(target)},
  {
    title: 'STANDS FOR',
    text: ({standsFor}) => shownName(standsFor),
    gives: 2,
    short: ({standsFor}) => shownName(standsFor, 30),
  },
  {title: 'PROTECTION', text: railsText, gives: 3, short: (row) => clip(railsText(row), 20)},
  {
    title: 'FROM',
    text: ({from}) => from.map((one) => harmless(one)).join(', '),
    gives: 1,
    short: ({from}) => from.map(baseName).join(', '),
  },
]

/** Which files there are, and a row for each target and group. */
export function configText({files, targets, groups}: ConfigListing, columns: number | undefined): string {
  if (files.length === 0) {
    return "There is no config file. The team's is dbtunnel.yaml in the working directory or above it, your own ~/.config/dbtunnel/config.yaml."
  }
  return [
    ...filesText(files),
    ...(targets.length === 0 ? [] : ['', ...table(targets, TARGETS, columns)]),
    ...(groups.length === 0 ? [] : ['', ...groups.map((group) => groupText(group, targets))]),
  ].join('\n')
}

/** What a target is opened with, a row for each setting. `unset` says what counts where one has no value. */
export function targetText(
  {files, target, configured, lead, settings}: TargetListing,
  unset: Readonly<Partial<Record<string, string>>>,
  columns: number | undefined,
): string {
  const valueText = ({setting, value}: SettingListing, longest?: number): string =>
    value === null ? (unset[setting] ?? '-') : shownName(value, longest)
  const shown: readonly Column<SettingListing>[] = [
    {title: 'SETTING', text: ({setting}) => setting},
    {title: 'VALUE', text: (row) => valueText(row), gives: 2, short: (row) => valueText(row, 36)},
    {title: 'FROM', text: ({from}) => harmless(from), gives: 1, short: ({from}) => baseName(from)},
  ]
  const isIdentifier = settings.some(({setting}) => setting === 'identifier')
  const unnamed = `No config file names ${shownName(target)}: it is taken for ${isIdentifier ? 'an RDS identifier' : 'an endpoint'}.`
  const above = [...filesText(files), ...(configured ? [] : [unnamed]), ...(lead ? [`Note: ${leadText(lead)}`] : [])]
  return [...above, ...(above.length === 0 ? [] : ['']), ...table(settings, shown, columns)].join('\n')
}

/** What `approve` has done. */
export function approvedText(lead: LeadListing | undefined, target: string): string {
  if (!lead) return `No file maps ${harmless(target)} to another database. There is nothing to approve.`
  return `Approved: ${placesText(lead)}`
}

function leadText(lead: LeadListing): string {
  const state = lead.approved ? 'Approved.' : 'Not approved: you are asked where a database of that name exists.'
  return `${placesText(lead)} ${state}`
}

function placesText({target, without, to, from}: LeadListing): string {
  return harmless(`${from} maps ${target} to ${to}, and without that file it is ${without}.`)
}

function filesText(files: ConfigListing['files']): readonly string[] {
  return files.map(({owner, path, namedBy}) => {
    const by = namedBy === null ? '' : ` (named by ${namedBy}: no other one is looked for)`
    return `File: ${OWNERS[owner].padEnd(8)}  ${shownName(path)}${by}`
  })
}

/** A name that is no target would only be told once the group is used. */
function groupText({name, members}: ConfigListing['groups'][number], targets: ConfigListing['targets']): string {
  const names = new Set(targets.map(({target}) => target.toLowerCase()))
  const isMissing = (member: string): boolean => !/[*?]/.test(member) && !names.has(member.toLowerCase())
  const shown = members.map((member) => `${shownName(member)}${isMissing(member) ? ' (there is no such target)' : ''}`)
  return `${shownName(name)}: ${shown.join(', ')}`
}
