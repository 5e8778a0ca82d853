#!/usr/bin/env node
// Writes docs/reference/settings.md, made of the settings' definitions.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import * as prettier from 'prettier'
import {importSource} from './import-source.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const {GROUPS, SETTINGS, placeKeys, variableOf} = await importSource(join(root, 'src/settings/reference.ts'))

const {clients} = await importSource(join(root, 'src/clients/kinds.ts'))
/** Those that are commands. */
const CLIENTS = clients.flatMap(({id, terminal}) => (terminal ? [id] : []))

const TITLES = {
  DATABASE: 'Database',
  TUNNEL: 'Tunnel',
  'GUARD RAIL': 'Guard rails',
  AWS: 'AWS account',
  'CONFIG FILE': 'Config file',
  OUTPUT: 'Output',
  ENVIRONMENT: 'This machine',
}

const page = `# Settings

Every setting of dbtunnel, by the name that it has in config files and in \`dbtunnel config\`. This page is made of the
source (\`npm run readme\`).

## Which value counts

The first of these that is given:

1. the flag,
2. the variable (\`DBTUNNEL_…\`); an empty one counts as unset,
3. the config files: a target before \`defaults\`, and of each your own file (\`~/.config/dbtunnel/config.yaml\`) before the
   team's (\`dbtunnel.yaml\` in the working directory or above it),
4. the variables of other programs that are named below,
5. the default.

Guard rails are different: of both files the stricter value counts, and only a flag turns one off.
\`dbtunnel config TARGET\` shows each value and where it is from.

An option that turns a switch on has no variable, unless one is named below. Some settings may stand in your own config file
only: a team's file comes with a working directory, and could be anybody's work.

${GROUPS.map(groupText).join('\n')}
## Which database a target is

These keys are for targets only, in either file.

| key | what |
| --- | --- |
${Object.entries(placeKeys())
  .map(([key, help]) => `| \`${key}\` | ${cell(help)} |`)
  .join('\n')}
`

function groupText(group) {
  const settings = SETTINGS.filter((one) => one.group === group)
  return `## ${TITLES[group]}

| setting | what | flag | variable | config file | without it |
| --- | --- | --- | --- | --- | --- |
${settings.map(row).join('\n')}

${settings.flatMap(flagsText).join('\n')}
`
}

function row(one) {
  const {key, help, offFlag, commands, owner, stricter, elsewhere = [], default: standard, unset} = one
  const flags = commands ? [flagText(one), offFlag && `\`--${offFlag.name}\``].filter(Boolean) : []
  const variables = [variableOf(one), ...elsewhere].filter(Boolean).map((name) => `\`${name}\``)
  const file = {team: 'both', user: 'your own'}[owner] ?? 'no'
  const columns = [
    `\`${key}\``,
    cell(help),
    flags.join(', '),
    variables.join(', '),
    stricter === undefined ? file : `${file}, guard rail`,
    standard === undefined ? (unset ?? '') : `\`${standard}\``,
  ]
  return `| ${columns.join(' | ')} |`
}

function flagText({flag, char, value}) {
  if (flag === undefined) return undefined
  const long = value.form === 'switch' ? `\`--${flag}\`` : `\`--${flag} ${value.placeholder}\``
  return char === undefined ? long : `\`-${char}\`, ${long}`
}

/** Which commands take it. */
function flagsText({flag, offFlag, commands = []}) {
  const names = [flag, offFlag?.name].filter(Boolean).map((name) => `\`--${name}\``)
  const takers = commands.flatMap((command) => (command === 'client' ? CLIENTS : [command]))
  return names.length === 0 || takers.length === 0 ? [] : `- ${names.join(', ')}: ${takers.join(', ')}`
}

function cell(text) {
  return text.replaceAll('|', '\\|')
}

const file = join(root, 'docs/reference/settings.md')
writeFileSync(file, await prettier.format(page, {...(await prettier.resolveConfig(file)), filepath: file}))
