import {readdirSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import type {BastionApi, Verdict} from '../../src/bastions/kind.js'
import {kindOf} from '../../src/bastions/kind-of.js'
import {kinds} from '../../src/bastions/kinds.js'
import {DEFAULT_RULE, parseBastionRule, RULE_FORMS} from '../../src/bastions/rule.js'
import type {Ec2Instance, ManagedNode} from '../../src/core/ports/aws.js'

/** Of each kind that has a form, a rule as a person writes it. */
const WRITTEN: Readonly<Record<string, string>> = {
  any: 'any',
  instance: 'i-0123456789abcdef0',
  'managed-node': 'mi-0123456789abcdef0',
  name: 'prod-bastion-a',
  tag: 'tag:Team=db',
}

const NOW = new AbortController().signal
const place = {name: 'prod-db', region: 'eu-west-1', vpcId: 'vpc-1'}

/** An account in which whoever is asked for is there, and online. */
const instance: Ec2Instance = {
  id: 'i-0123456789abcdef0',
  state: 'running',
  vpcId: 'vpc-1',
  tags: {Name: 'bastion'},
  securityGroupIds: [],
}
const answering = (node: (id: string) => readonly ManagedNode[]) =>
  ({
    ec2: {instances: async () => [instance]},
    ssm: {managedNodes: async (ids: readonly string[]) => ids.flatMap(node)},
  }) as unknown as BastionApi
const online = answering((id) => [{id, ping: 'Online', agentVersion: '3.3.40.0'}])
const silent = answering(() => [])

it('are the files of kinds/, each under its own name', () => {
  const files = readdirSync(new URL('../../src/bastions/kinds/', import.meta.url))
  expect(kinds.map(({id}) => `${id}.ts`)).toEqual(files.sort())
})

it('have a form each but for one, which counts where no rule is given', () => {
  const silentOnes = kinds.filter(({form}) => form === undefined)
  expect(silentOnes.map(({id}) => id)).toEqual([DEFAULT_RULE.kind])
  expect(RULE_FORMS).toHaveLength(kinds.length - 1)
  expect(Object.keys(WRITTEN)).toEqual(kinds.flatMap(({id, form}) => (form === undefined ? [] : [id])))
})

it('read nothing that is not a rule', () => {
  for (const text of ['', 'i-1', 'mi-', 'tag:', 'tag:=x', 'Any', ' any', 'i-0123456789abcdefg', 'tag']) {
    expect(parseBastionRule(text)).toBeUndefined()
  }
})

describe.each([...kinds])('$id', (kind) => {
  const written = WRITTEN[kind.id]
  const rule = written === undefined ? DEFAULT_RULE : parseBastionRule(written)
  if (!rule) throw new Error(`no kind reads ${written}`)

  it('reads its own rule, and no kind reads another’s', () => {
    expect(rule.kind).toBe(kind.id)
    expect(kindOf(rule)).toBe(kind)
    const readers = kinds.filter((one) => written !== undefined && one.parse?.(written))
    expect(readers).toEqual(written === undefined ? [] : [kind])
  })

  it('finds nodes whose ids are as it says, and judges each of them', async () => {
    const candidates = await kind.find(rule, online, NOW)
    expect(candidates).not.toEqual([])
    for (const {id} of candidates) expect(id).toMatch(kind.nodeId)
    const verdicts = await kind.judge(candidates, online, NOW)
    expect(verdicts.map(({candidate, refusal}) => ({candidate, refusal}))).toEqual(
      candidates.map((candidate) => ({candidate, refusal: undefined})),
    )
  })

  it('says of a node that cannot be used why not, and what would mend it or that another is to be named', async () => {
    const verdicts: readonly Verdict[] = await kind.judge(await kind.find(rule, silent, NOW), silent, NOW)
    for (const {refusal} of verdicts) expect(refusal).toMatch(/^(is|has) /)
    expect(kind.mend(verdicts, rule, place) ?? 'another').not.toBe('')
    expect(kind.noneFound(rule, 'eu-west-1')).toMatch(/^no .* in eu-west-1 /)
  })
})
