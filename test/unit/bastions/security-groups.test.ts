import {describe, expect, it} from 'vitest'
import type {SecurityGroup, SecurityRule} from '../../../src/core/ports/aws.js'
import {securityGroupsLetThrough} from '../../../src/bastions/security-groups.js'

const bastion = {securityGroupIds: ['sg-b'], privateAddress: '10.0.1.20'}
const database = {securityGroupIds: ['sg-d'], port: 5432}
const rule = (change: Partial<SecurityRule>): SecurityRule => {
  return {protocol: 'tcp', fromPort: 5432, toPort: 5432, groupIds: [], cidrs: [], prefixListIds: [], ...change}
}
const anywhere = rule({protocol: '-1', fromPort: undefined, toPort: undefined, cidrs: ['0.0.0.0/0']})

function verdict(ingress: readonly SecurityRule[], egress: readonly SecurityRule[] = [anywhere]) {
  const groups: SecurityGroup[] = [
    {id: 'sg-b', ingress: [], egress},
    {id: 'sg-d', ingress, egress: []},
  ]
  return securityGroupsLetThrough(bastion, database, groups)
}

describe('a rule that lets a bastion in', () => {
  it.each<[string, Partial<SecurityRule>]>([
    ['names its group', {groupIds: ['sg-x', 'sg-b']}],
    ['has its address', {cidrs: ['192.168.0.0/16', '10.0.0.0/16']}],
    ['has its address alone', {cidrs: ['10.0.1.20/32']}],
    ['is for a range of ports', {fromPort: 5000, toPort: 6000, groupIds: ['sg-b']}],
    ['is for everything', anywhere],
    ['gives TCP by its number', {protocol: '6', groupIds: ['sg-b']}],
  ])('%s', (_, change) => {
    expect(verdict([rule(change)])).toEqual({kind: 'open'})
  })
})

describe('none does', () => {
  it.each<[string, SecurityRule[]]>([
    ['without rules', []],
    ['for another port', [rule({fromPort: 5433, toPort: 5433, groupIds: ['sg-b']})]],
    ['for UDP', [rule({protocol: 'udp', groupIds: ['sg-b']})]],
    ['for others', [rule({groupIds: ['sg-web'], cidrs: ['10.0.2.0/24', '::/0', 'nonsense']})]],
  ])('%s', (_, ingress) => {
    expect(verdict(ingress)).toEqual({kind: 'shut', side: 'in'})
  })
})

it('what a prefix list holds is not known', () => {
  expect(verdict([rule({prefixListIds: ['pl-1']})])).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining('pl-1'),
  })
})

it('a bastion must be let out, too; which address the database has is not known', () => {
  const letIn = [rule({groupIds: ['sg-b']})]
  expect(verdict(letIn, [])).toEqual({kind: 'shut', side: 'out'})
  expect(verdict(letIn, [rule({fromPort: 443, toPort: 443, cidrs: ['0.0.0.0/0']})])).toEqual({
    kind: 'shut',
    side: 'out',
  })
  expect(verdict(letIn, [rule({groupIds: ['sg-d']})])).toEqual({kind: 'open'})
  expect(verdict(letIn, [rule({cidrs: ['10.0.9.0/24']})])).toEqual({kind: 'open'})
})
