/** Since this one the plugin takes StartSession's response from an environment variable. */
export const OLDEST_PLUGIN = '1.2.536.0'

/** Four numbers, as `--version` prints them (real plugin 1.2.677); undefined for anything else. */
export function readPluginVersion(output: string): string | undefined {
  return /^\s*(\d+(?:\.\d+){3})\s*$/.exec(output)?.[1]
}

/** Compares number by number: 1.2.1000.0 is newer than 1.2.677.0. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (const [index, number] of right.entries()) {
    const mine = left[index] ?? 0
    if (mine !== number) return mine < number
  }
  return false
}
