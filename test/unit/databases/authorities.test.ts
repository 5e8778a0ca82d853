import {X509Certificate} from 'node:crypto'
import {beforeAll, describe, expect, it} from 'vitest'
import {privateFiles} from '../../../src/adapters/files/private-files.js'
import {regionalRoots, trustAuthorities} from '../../../src/databases/authorities.js'
import type {PrivateFiles} from '../../../src/core/ports/files.js'
import {createAuthority, EXPIRED} from '../../sandbox/database.js'

const NOW = Date.parse('2026-11-20')
const bundles = new Map<string, string>()
const files = {readText: async (path: string) => bundles.get(path) ?? privateFiles({}).readText(path)} as PrivateFiles

const at = (region: string, host = `db.c9akciq32rgw.${region}.rds.amazonaws.com`) => ({
  endpoint: {host, port: 5432},
  region,
})

const trusted = async (target: ReturnType<typeof at>, bundle?: string) => {
  const pem = await trustAuthorities(target, bundle, files, NOW)
  return pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .map((one) => new X509Certificate(one).subject.split('\n').find((part) => part.startsWith('CN=')))
}

let root: string
let key: string

beforeAll(async () => {
  const authority = await createAuthority('Private Root')
  root = authority.root
  key = (await authority.issue(['x.example'], EXPIRED)).key
  bundles.set('/ca.pem', `# ours\n${root.replaceAll('\n', '\r\n')}\n${key}`)
  bundles.set('/empty.pem', 'nothing here')
  bundles.set('/key.pem', key)
  bundles.set('/torn.pem', `${root}${root.slice(0, 200)}\n-----END CERTIFICATE-----\n`)
})

it('covers these regions, and no others', async () => {
  expect([...(await regionalRoots(NOW)).keys()].sort()).toEqual([
    'af-south-1',
    'ap-east-1',
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-southeast-3',
    'ap-southeast-4',
    'ca-central-1',
    'eu-central-1',
    'eu-central-2',
    'eu-north-1',
    'eu-south-1',
    'eu-south-2',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
    'me-central-1',
    'me-south-1',
    'sa-east-1',
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
  ])
})

describe('trustAuthorities', () => {
  it.each(['eu-west-1', 'us-east-1', 'us-east-2', 'us-west-2'])('trusts the roots of %s alone', async (region) => {
    expect((await trusted(at(region))).sort()).toEqual(
      ['ECC384', 'RSA2048', 'RSA4096'].map((key) => `CN=Amazon RDS ${region} Root CA ${key} G1`),
    )
  })

  it('trusts no root out of its time', async () => {
    for (const now of ['2020-01-01', '2061-12-31']) {
      const pem = await trustAuthorities(at('eu-west-1'), '/ca.pem', files, Date.parse(now))
      expect(pem.match(/BEGIN/g)?.length).toBe(now === '2020-01-01' ? 1 : 3)
    }
  })

  it('trusts Amazon’s public roots for a proxy, in any region, and for nothing else', async () => {
    const roots = ['Amazon Root CA 1', 'Amazon Root CA 2', 'Amazon Root CA 3', 'Amazon Root CA 4']
    for (const name of ['p.proxy-c9akciq32rgw', 'read.endpoint.proxy-c9akciq32rgw']) {
      const subjects = await trusted(at('il-central-1', `${name}.il-central-1.rds.amazonaws.com`))
      expect(subjects).toEqual(expect.arrayContaining(roots.map((one) => `CN=${one}`)))
      expect(subjects.filter((one) => one?.includes('RDS'))).toEqual([])
    }
    expect(await trusted(at('eu-west-1', 'my.proxy-x.c9akciq32rgw.eu-west-1.rds.amazonaws.com'))).toHaveLength(3)
  })

  it('adds the certificates of the user’s file, and nothing else of it', async () => {
    expect(await trusted(at('eu-west-1'), '/ca.pem')).toHaveLength(4)
    expect(await trusted(at('ca-west-1'), '/ca.pem')).toEqual(['CN=Private Root'])
    expect(await trustAuthorities(at('eu-west-1'), '/ca.pem', files, NOW)).not.toContain('PRIVATE KEY')
  })

  it.each([
    ['ca-west-1', 'https://truststore.pki.rds.amazonaws.com/ca-west-1/ca-west-1-bundle.pem'],
    ['us-gov-east-1', 'https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem'],
    ['cn-north-1', 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-north-1/cn-north-1-bundle.pem'],
  ])('says where the authorities of %s are to be had', async (region, url) => {
    await expect(trusted(at(region))).rejects.toMatchObject({
      code: 'CA_MISSING',
      exitCode: 78,
      hint: `curl -fsSO ${url}\nThen run the same command with: --ca-bundle ${region}-bundle.pem`,
    })
  })

  it.each(['/empty.pem', '/key.pem', '/torn.pem', '/missing.pem'])('refuses %s', async (path) => {
    await expect(trusted(at('eu-west-1'), path)).rejects.toMatchObject({code: 'CONFIG_INVALID', exitCode: 78})
    await expect(trusted(at('eu-west-1'), path)).rejects.toThrow(path)
  })
})
