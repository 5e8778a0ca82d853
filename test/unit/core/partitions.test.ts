import {join} from 'node:path'
import {expect, it} from 'vitest'
import {isKnownRegion, isRegionAt, isRegionOf, PARTITIONS, partitionOf, suffixOf} from '../../../src/core/partitions.js'
import {ROOT} from '../../support/dbtunnel.js'

interface SdkPartition {
  readonly id: string
  readonly regionRegex: string
  readonly regions: Readonly<Record<string, object>>
  readonly outputs: {readonly dnsSuffix: string}
}

/** The SDK's own: no part that it publishes gives the whole table. */
async function partitionsOfSdk(): Promise<readonly SdkPartition[]> {
  const client = ['@aws-sdk', 'core', 'dist-es', 'submodules', 'client']
  const file = join(ROOT, 'node_modules', ...client, 'util-endpoints', 'lib', 'aws', 'partitions.js')
  const table = (await import(file)) as {partitionsInfo: {partitions: readonly SdkPartition[]}}
  return table.partitionsInfo.partitions
}

it('knows every partition and region that the SDK knows, and no other', async () => {
  const theirs = (await partitionsOfSdk()).map(({id, regionRegex, regions, outputs}) => ({
    id,
    suffix: outputs.dnsSuffix,
    form: new RegExp(regionRegex).source.replaceAll('\\-', '-'),
    regions: Object.keys(regions)
      .filter((region) => !region.endsWith('-global'))
      .sort(),
  }))
  const ours = PARTITIONS.map(({form, regions, ...one}) => ({...one, form: form.source, regions: [...regions].sort()}))
  expect(ours).toEqual(theirs)
})

it.each([
  ['eu-west-1', 'aws', 'amazonaws.com'],
  ['eu-west-9', 'aws', 'amazonaws.com'],
  ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
  ['us-gov-north-3', 'aws-us-gov', 'amazonaws.com'],
  ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
  ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
  ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov'],
  ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov'],
  ['eu-isoe-west-1', 'aws-iso-e', 'cloud.adc-e.uk'],
  ['us-isof-south-1', 'aws-iso-f', 'csp.hci.ic.gov'],
])('%s is in %s, whose names end in %s', (region, id, suffix) => {
  expect(partitionOf(region)).toMatchObject({id, suffix})
  expect(isRegionAt(region, suffix)).toBe(true)
  expect(isRegionOf(region, id)).toBe(true)
  expect(suffixOf(`ssm.${region}.${suffix}`)).toBe(suffix)
})

it('takes nothing else for a region', () => {
  for (const text of ['', 'aws-global', 'global', 'evil', 'eu-west', 'constructor']) {
    expect(isKnownRegion(text)).toBe(false)
    expect(isRegionAt(text, 'amazonaws.com')).toBe(false)
  }
  expect(suffixOf('evilamazonaws.com')).toBeUndefined()
  expect(suffixOf('amazonaws.com.evil.example')).toBeUndefined()
})
