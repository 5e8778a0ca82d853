// What a secret looks like wherever it may turn up: presigned tokens, session
// tokens and credentials, as JSON, query string, header or environment.
const PATTERNS: readonly [RegExp, string][] = [
  [/(X-Amz-(?:Signature|Credential|Security-Token)=)[^&\s"'\\]+/gi, '$1***'],
  [/((?:TokenValue|[sS]essionToken|[sS]ecretAccessKey)\\*["']?\s*[:=]\s*\\*["']?)[^"'\\&\s,}]+/g, '$1***'],
  [/(AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|ACCESS_KEY_ID)=)\S+/g, '$1***'],
  [/(x-amz-security-token:\s*)\S+/gi, '$1***'],
  [/(Signature=)[0-9a-f]{16,}/gi, '$1***'],
  // A proxy's.
  [/(\bhttps?:\/\/)[^\s/@"']+@/gi, '$1***@'],
  [/(Proxy-Authorization:\s*)[^\r\n]+/gi, '$1***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '***'],
  // Looks back from the `?`: read forwards, a megabyte of `ws://ws://…` would take hours.
  [/(?<=wss?:\/\/[^\s"?]*\?)[^\s"]+/g, '***'],
]

/** Takes every token, key and stream query out of a text. The one function that log lines and error texts pass through. */
export function redact(text: string): string {
  let clean = text
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement)
  return clean
}
