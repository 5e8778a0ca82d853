/** A part of AWS with accounts, regions, names and ARNs of its own. */
export interface Partition {
  /** As ARNs have it, such as `aws-cn`. */
  readonly id: string
  /** What the names of its hosts end in. */
  readonly suffix: string
  readonly regions: readonly string[]
  /** What the name of a region that is not listed yet looks like. */
  readonly form: RegExp
}

const row = (id: string, suffix: string, form: RegExp, regions: string): Partition => {
  return {id, suffix, form, regions: regions.split(' ')}
}

/** As the SDK's table of partitions has them: a test holds this to it. */
export const PARTITIONS: readonly Partition[] = [
  row(
    'aws',
    'amazonaws.com',
    /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
      'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 ' +
      'eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 ' +
      'me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2',
  ),
  row('aws-cn', 'amazonaws.com.cn', /^cn-\w+-\d+$/, 'cn-north-1 cn-northwest-1'),
  row('aws-eusc', 'amazonaws.eu', /^eusc-(de)-\w+-\d+$/, 'eusc-de-east-1'),
  row('aws-iso', 'c2s.ic.gov', /^us-iso-\w+-\d+$/, 'us-iso-east-1 us-iso-west-1'),
  row('aws-iso-b', 'sc2s.sgov.gov', /^us-isob-\w+-\d+$/, 'us-isob-east-1 us-isob-west-1'),
  row('aws-iso-e', 'cloud.adc-e.uk', /^eu-isoe-\w+-\d+$/, 'eu-isoe-west-1'),
  row('aws-iso-f', 'csp.hci.ic.gov', /^us-isof-\w+-\d+$/, 'us-isof-east-1 us-isof-south-1'),
  row('aws-us-gov', 'amazonaws.com', /^us-gov-\w+-\d+$/, 'us-gov-east-1 us-gov-west-1'),
]

const [COMMERCIAL] = PARTITIONS as readonly [Partition, ...Partition[]]

/** The partition that a region belongs to: by its name where it is listed, else by the form of it, else `aws`. */
export function partitionOf(region: string): Partition {
  return partitionThatFits(region) ?? COMMERCIAL
}

/** Whether AWS has this region, as far as is known here. */
export function isKnownRegion(region: string): boolean {
  return PARTITIONS.some(({regions}) => regions.includes(region))
}

/** Whether it is a region whose hosts have names that end so. */
export function isRegionAt(region: string, suffix: string): boolean {
  return partitionThatFits(region)?.suffix === suffix
}

/** Whether it is a region of the partition of this id. */
export function isRegionOf(region: string, partition: string): boolean {
  return partitionThatFits(region)?.id === partition
}

/** What names of some partition end in, where this one does. */
export function suffixOf(host: string): string | undefined {
  return PARTITIONS.find(({suffix}) => host === suffix || host.endsWith(`.${suffix}`))?.suffix
}

function partitionThatFits(region: string): Partition | undefined {
  return PARTITIONS.find((one) => one.regions.includes(region)) ?? PARTITIONS.find(({form}) => form.test(region))
}
