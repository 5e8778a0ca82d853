/** Whether an IPv4 address is in a block such as `10.0.0.0/16`. False for a text that is neither. */
export function isInCidr(address: string, cidr: string): boolean {
  const [block = '', length = ''] = cidr.split('/')
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : NaN
  const [one, other] = [numberOf(address), numberOf(block)]
  if (one === undefined || other === undefined || !(bits <= 32)) return false
  const size = 2 ** (32 - bits)
  return Math.floor(one / size) === Math.floor(other / size)
}

function numberOf(address: string): number | undefined {
  const parts = address.split('.')
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
  return isAddress ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : undefined
}
