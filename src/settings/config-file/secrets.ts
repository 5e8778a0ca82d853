/** What a key is called that would hold a secret. dbtunnel has none: it logs in by IAM token. */
export function isSecretKey(key: string): boolean {
  return /passw|passphrase|pgpass|secret|token|credential|(access|api|private|ssh)key/i.test(
    key.replaceAll(/[-_.]/g, ''),
  )
}

const SECRETS: readonly RegExp[] = [
  // An access key's id.
  /\bA(KI|SI)A[A-Z0-9]{16}\b/,
  // A secret access key; a hash does not count.
  /^(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9/+]{40}$/,
  // A user with a password in a URL or connection string.
  /:\/\/[^\s/@]*:[^\s/@]+@/,
  /\bpass(word|wd)?\s*[=:]/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /X-Amz-(Signature|Security-Token|Credential)=/i,
]

/** Whether a value looks like one. */
export function isSecretValue(text: string): boolean {
  return SECRETS.some((pattern) => pattern.test(text))
}
