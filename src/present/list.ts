import type {ListedDatabase, ListedName, Listing} from '../core/results/database-listing.js'
import {shownName} from '../core/text/shell-line.js'
import {type Column, table} from './table.js'

const yesOrNo = (known: boolean | null): string => (known === null ? 'unknown' : known ? 'yes' : 'no')

/** In the order in which they give way on a narrow terminal. What is typed never does. */
const COLUMNS: readonly Column<ListedDatabase>[] = [
  {title: 'TARGET', text: ({target}) => shownName(target)},
  {
    title: 'KIND',
    gives: 2,
    text: ({kind, cluster}) => (kind === 'member' ? `member of ${shownName(cluster ?? '')}` : kind),
    short: ({kind}) => kind,
  },
  {
    title: 'ENGINE',
    gives: 4,
    text: ({engine, supported}) => (supported ? shownName(engine) : `${shownName(engine)} (unsupported)`),
    short: ({engine, supported}) => (supported ? shownName(engine, 11) : 'unsupported'),
  },
  {title: 'STATUS', gives: 5, text: ({status}) => shownName(status), short: ({status}) => shownName(status, 11)},
  {title: 'IAM', text: ({iamLogin}) => (iamLogin ? 'on' : 'off')},
  {
    title: 'VPC',
    gives: 1,
    text: ({vpcId}) => shownName(vpcId ?? '-'),
    short: ({vpcId}) => shownName(clipInside(vpcId ?? '-')),
  },
  {
    title: 'BASTION',
    gives: 3,
    text: ({bastion: {name, id, usable}}) => ((name ?? id) === null ? yesOrNo(usable) : shownName(name ?? id ?? '')),
    short: ({bastion}) => yesOrNo(bastion.usable),
  },
]

/** Only where there is something to say. */
const NAMES: Column<ListedDatabase> = {
  title: 'NAMES',
  gives: 6,
  text: ({names}) => namesText(names),
  short: ({names}) => namesText(names, 12),
}
const OPEN: Column<ListedDatabase> = {title: 'OPEN', text: ({open}) => openText(open)}

const CONFIGURED: readonly Column<ListedName>[] = [
  {title: 'CONFIGURED', text: ({target}) => shownName(target)},
  {
    title: 'STANDS FOR',
    gives: 1,
    text: ({standsFor}) => shownName(standsFor),
    short: ({standsFor}) => shownName(standsFor, 48),
  },
  {title: 'OPEN', text: ({open}) => openText(open)},
]

/** Shortened, it is the first of them. */
function namesText([first, ...others]: readonly string[], longest?: number): string {
  if (first === undefined) return '-'
  if (longest === undefined) return [first, ...others].map((name) => shownName(name)).join(', ')
  return `${shownName(first, longest)}${others.length > 0 ? ', …' : ''}`
}

const openText = (open: ListedName['open']): string => (open ? String(open.localPort) : '-')

/** A row for each target: complete without `columns`, made to fit where a terminal has so many. */
export function listText({databases, configured}: Listing, columns: number | undefined): string {
  const shown = [
    ...COLUMNS,
    ...(databases.some(({names}) => names.length > 0) ? [NAMES] : []),
    ...(databases.some(({open}) => open) ? [OPEN] : []),
  ]
  const tables = [
    ...(databases.length === 0 ? [] : [table(databases, shown, columns)]),
    ...(configured.length === 0 ? [] : [table(configured, CONFIGURED, columns)]),
  ]
  return tables.map((lines) => lines.join('\n')).join('\n\n')
}

/** `vpc-0a1b2c3d4e5f67890` as `vpc-…7890`. */
function clipInside(id: string): string {
  return id.replace(/-.{5,}(?=.{4}$)/, '-…')
}
