/** False when the URL carries its own signature (real plugin since 1.2.764). */
export function needsSignature(url: string): boolean {
  return ![...new URL(url).searchParams.keys()].some((key) => key.toLowerCase().startsWith('x-amz-'))
}
