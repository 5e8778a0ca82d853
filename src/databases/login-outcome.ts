/** What came of one login; `words` are the database's own. */
export type LoginOutcome =
  /** `isByIam`: whether the database has IAM asked about this user, as far as it can be seen from inside. */
  | {
      readonly kind: 'in'
      readonly user: string
      readonly isByIam: boolean
      /** Only at the second try: the first was refused by IAM. */
      readonly atSecondTry?: true
    }
  /** The database asked IAM, and IAM said no. */
  | {readonly kind: 'refused-by-iam'; readonly words: string}
  /** It compared the token with a password of its own: the user is not one that logs in by IAM, or there is none. */
  | {readonly kind: 'asked-for-password'; readonly words: string}
  /** Something else, such as a database that does not exist. */
  | {readonly kind: 'failed'; readonly words: string}
