#!/usr/bin/env node
// Writes docs/reference/messages.md: every error and notice of src/, as the code has them. What is only known when
// dbtunnel runs stands in capitals.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseSync} from 'rolldown/utils'
import {importSource} from './import-source.mjs'
import {walk} from './syntax-tree.mjs'

/** What a reader calls the values of some names. */
const CALLED = {
  profileOption: ' [--profile PROFILE]',
  accountOptions: ' --region REGION [--profile PROFILE]',
  nodeName: 'BASTION',
  harmless: 'NAME',
  shownName: 'PATH',
  oneLine: 'REASON',
  redact: 'REASON',
  foreignWords: 'REASON',
  reasonOf: 'REASON',
  readingReason: 'REASON',
  durationText: 'DURATION',
  policyJson: 'POLICY',
  said: 'REASON',
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const PAGE = 'docs/reference/messages.md'

const files = readdirSync('src', {recursive: true, encoding: 'utf8'})
  .filter((file) => file.endsWith('.ts'))
  .sort()
const modules = files.map((file) => {
  const path = join('src', file)
  const {program, errors} = parseSync(path, readFileSync(path, 'utf8'), {sourceType: 'module', lang: 'ts'})
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  return {path, program, known: knownIn(program)}
})
/** Functions and texts that other files import, by name. */
const exported = new Map(modules.flatMap(({program}) => [...exportsOf(program)]))

const failures = new Map()
const notices = []
for (const {program, known} of modules) {
  walk(program, (node) => {
    if (node.type !== 'CallExpression') return
    const [first, second, third] = node.arguments
    if (node.callee.type === 'Identifier' && node.callee.name === 'fail' && second) {
      const text = {message: render(second, known), hint: hintOf(third, known)}
      for (const code of codesIn(first)) failures.set(code, [...(failures.get(code) ?? []), text])
    }
    if (node.callee.type === 'MemberExpression' && node.callee.property.name === 'notice' && first) {
      notices.push(render(first, known))
    }
  })
}

const {CATALOG} = await importSource('src/core/errors.ts')
const lines = [
  '# Messages',
  '',
  'All errors of dbtunnel, grouped by the code that stands in brackets behind the message (`code` with `--json`). This page',
  'is generated from the source (`npm run readme`). Words in CAPITALS are placeholders. `{one | other}` means that one of',
  'these texts is shown.',
  '',
]
for (const [code, {exit}] of Object.entries(CATALOG)) {
  lines.push(`## ${code}`, '', `Exit status ${exit}.`, '')
  const texts = failures.get(code) ?? []
  for (const key of new Set(texts.map((text) => JSON.stringify(text)))) {
    const {message, hint} = JSON.parse(key)
    // Words of another module, which stand elsewhere on this page.
    if (!/[a-z]{2}/.test(message)) continue
    lines.push(...block([message, ...(hint ? hint.split('\n').map((line) => `  ${line}`) : [])]))
  }
}
lines.push('## Notices', '', 'Messages that `--quiet` hides.', '')
for (const notice of [...new Set(notices)].filter((line) => /[a-z]{2}/.test(line)).sort()) {
  lines.push(...block(notice.split('\n')))
}
const missing = Object.keys(CATALOG).filter((code) => !failures.has(code))
if (missing.length > 0) throw new Error(`No message was found for: ${missing.join(', ')}`)
writeFileSync(PAGE, lines.join('\n').replace(/\n+$/, '\n'))

function block(text) {
  return ['```text', ...text.map((line) => line.trimEnd()).filter((line) => line !== ''), '```', '']
}

function codesIn(node) {
  if (node?.type === 'Literal') return [node.value]
  if (node?.type === 'ConditionalExpression') return [...codesIn(node.consequent), ...codesIn(node.alternate)]
  return []
}

function hintOf(details, known) {
  const property = details?.properties?.find(({key}) => key?.name === 'hint')
  return property && render(property.shorthand ? property.key : property.value, known)
}

/** Texts and functions of a module, by name; those within functions only where no other has that name. */
function knownIn(program) {
  const known = new Map()
  const names = []
  walk(program, ({type, id, init, params}) => {
    for (const param of params ?? []) names.push(...namesIn(param))
    if (type !== 'VariableDeclarator') return
    names.push(...namesIn(id))
    if (id.type === 'Identifier' && init && isTextual(init)) known.set(id.name, init)
  })
  for (const name of known.keys()) if (names.filter((one) => one === name).length > 1) known.delete(name)
  for (const statement of program.body) {
    const node = statement.declaration ?? statement
    if (node.type === 'FunctionDeclaration') known.set(node.id.name, node)
  }
  return known
}

/** What a module exports, by name: functions and texts. */
function exportsOf(program) {
  const found = new Map()
  for (const {type, declaration} of program.body) {
    if (type !== 'ExportNamedDeclaration') continue
    if (declaration?.type === 'FunctionDeclaration') found.set(declaration.id.name, declaration)
    for (const {id, init} of declaration?.declarations ?? []) if (init && isTextual(init)) found.set(id.name, init)
  }
  return found
}

function namesIn(pattern) {
  const names = []
  walk(pattern, ({type, name}) => type === 'Identifier' && names.push(name))
  return names
}

/** A text as the code has it. */
function render(node, known, depth = 0) {
  const again = (one) => render(one, known, depth + 1)
  const choice = (...texts) => {
    const all = [...new Set(texts.filter((text) => text !== ''))]
    return all.length > 1 ? `{${all.join(' | ')}}` : (all[0] ?? '')
  }
  switch (node.type) {
    case 'Literal':
      return String(node.value)
    case 'TemplateLiteral':
      return node.quasis
        .map(({value}, index) => {
          const next = node.expressions[index]
          return value.cooked + (next ? again(next) : '')
        })
        .join('')
    case 'TaggedTemplateExpression':
      return again(node.quasi)
    case 'BinaryExpression':
      return node.operator === '+' ? again(node.left) + again(node.right) : placeholder(node.left)
    case 'ConditionalExpression': {
      if (node.alternate.type === 'Identifier' && node.alternate.name === 'undefined') return again(node.consequent)
      if (node.consequent.type === 'Identifier' && node.consequent.name === 'undefined') return again(node.alternate)
      return choice(again(node.consequent), again(node.alternate))
    }
    case 'LogicalExpression':
      return node.operator === '&&' ? again(node.right) : choice(again(node.left), again(node.right))
    case 'TSAsExpression':
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
    case 'TSNonNullExpression':
      return again(node.expression ?? node.argument)
    case 'ArrayExpression':
      return node.elements
        .map((one) => (one.type === 'SpreadElement' ? '' : again(one)))
        .filter(Boolean)
        .join(' ')
    case 'Identifier': {
      const found = known.get(node.name) ?? exported.get(node.name)
      return found && depth < 6 && isTextual(found) ? again(found) : placeholder(node)
    }
    case 'CallExpression':
      return called(node, known, depth)
    default:
      return placeholder(node)
  }
}

function called(node, known, depth) {
  const {callee, arguments: given} = node
  const again = (one) => render(one, known, depth + 1)
  if (callee.type === 'MemberExpression') {
    if (callee.property.name === 'join' && callee.object.type === 'ArrayExpression') {
      const between = given[0]?.type === 'Literal' ? given[0].value : ' '
      return callee.object.elements
        .map((one) => (one.type === 'SpreadElement' ? '' : again(one)))
        .filter(Boolean)
        .join(between)
    }
    if (callee.object.name === 'JSON') return `"${again(given[0])}"`
    return placeholder(callee.property.name === 'join' || callee.property.name === 'trim' ? callee.object : callee)
  }
  if (['String', 'printable', 'shellLine', 'shellWord', 'quoted'].includes(callee.name)) return again(given[0])
  if (CALLED[callee.name]) return CALLED[callee.name]
  const found = known.get(callee.name) ?? exported.get(callee.name)
  if (found?.type === 'FunctionDeclaration' && depth < 4) {
    const returns = []
    walk(found.body, (one, parents) => {
      const isInner = parents.some(({type}) => /Function/.test(type))
      if (one.type === 'ReturnStatement' && one.argument && !isInner) returns.push(one.argument)
    })
    const texts = returns.filter((one) => isTextual(one)).map((one) => render(one, known, depth + 1))
    if (texts.length > 0 && texts.length <= 3) return texts.length === 1 ? texts[0] : `{${texts.join(' | ')}}`
  }
  return placeholder(callee)
}

function isTextual(node) {
  return ['TemplateLiteral', 'Literal', 'BinaryExpression', 'ConditionalExpression'].includes(node.type)
}

/** Its last word in capitals: `endpoint.host` is HOST. Milliseconds are shown as seconds. */
function placeholder(node) {
  const name =
    node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? node.property.name : undefined
  if (name && CALLED[name]) return CALLED[name]
  if (/(Ms|_MS)$/.test(name ?? '')) return 'SECONDS'
  return (name ?? 'value').replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
}
