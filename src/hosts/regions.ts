/** AWS's regions by the suffix of their names, as the SDK's table of partitions has them: a test holds this to it. */
const REGIONS: Readonly<Record<string, string>> = {
  'amazonaws.com':
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
    'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 ' +
    'eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 ' +
    'me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2',
  'amazonaws.com.cn': 'cn-north-1 cn-northwest-1',
  'amazonaws.eu': 'eusc-de-east-1',
  'c2s.ic.gov': 'us-iso-east-1 us-iso-west-1',
  'sc2s.sgov.gov': 'us-isob-east-1 us-isob-west-1',
  'cloud.adc-e.uk': 'eu-isoe-west-1',
  'csp.hci.ic.gov': 'us-isof-east-1 us-isof-south-1',
}

/** Whether AWS has such a region, with names that end so. */
export function isRegionAt(region: string, suffix: string): boolean {
  return Object.hasOwn(REGIONS, suffix) && (REGIONS[suffix] ?? '').split(' ').includes(region)
}
