import type {ListedDatabase, ListedName, Listing} from '../core/results/database-listing.js'
import {clip} from '../core/text/clip.js'
import {printable} from '../core/text/printable.js'
import {type Column, table} from './table.js'

const yesOrNo = (known: boolean | null): string => (known === null ? 'unknown' : known ? 'yes' : 'no')

/** In the order in which they give way on a narrow terminal. What is typed never does. */
const COLUMNS: readonly Column<ListedDatabase>[] = [
  {title: 'TARGET', text: ({target}) => target},
  {
    title: 'KIND',
    gives: 2,
    text: ({kind, cluster}) => (kind === 'member' ? `member of ${cluster}` : kind),
    short: ({kind}) => kind,
  },
  {
    title: 'ENGINE',
    gives: 4,
    text: ({engine, supported}) => (supported ? engine : `${engine} (unsupported)`),
    short: ({engine, supported}) => (supported ? clip(engine, 11) : 'unsupported'),
  },
  {title: 'STATUS', gives: 5, text: ({status}) => status, short: ({status}) => clip(status, 11)},
  {title: 'IAM', text: ({iamLogin}) => (iamLogin ? 'on' : 'off')},
  {title: 'VPC', gives: 1, text: ({vpcId}) => vpcId ?? '-', short: ({vpcId}) => clipInside(vpcId ?? '-')},
  {
    title: 'BASTION',
    gives: 3,
    text: ({bastion}) => bastion.name ?? bastion.id ?? yesOrNo(bastion.usable),
    short: ({bastion}) => yesOrNo(bastion.usable),
  },
]

/** Only where there is something to say. */
const NAMES: Column<ListedDatabase> = {
  title: 'NAMES',
  gives: 6,
  text: ({names}) => names.join(', ') || '-',
  short: ({names}) => clip(names.join(', ') || '-', 12),
}
const OPEN: Column<ListedDatabase> = {title: 'OPEN', text: ({open}) => openText(open)}

const CONFIGURED: readonly Column<ListedName>[] = [
  {title: 'CONFIGURED', text: ({target}) => target},
  {title: 'STANDS FOR', gives: 1, text: ({standsFor}) => standsFor, short: ({standsFor}) => clip(standsFor, 48)},
  {title: 'OPEN', text: ({open}) => openText(open)},
]

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
  return tables.map((lines) => lines.map(printable).join('\n')).join('\n\n')
}

/** `vpc-0a1b2c3d4e5f67890` as `vpc-…7890`. */
function clipInside(id: string): string {
  return id.replace(/-.{5,}(?=.{4}$)/, '-…')
}
